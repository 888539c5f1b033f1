import io
import os
import pickle
import tracemalloc
import zipfile

import numpy as np
import pytest

from hachi_tf.data.sources.npz_files import read_npz
from hachi_tf.data.sources.object_arrays import plain_array, read_object_array
from hachi_tf.errors import UserError


def sketches(count=4, dtype=np.int16, seed=0):
    generator = np.random.default_rng(seed)
    array = np.empty(count, object)
    for index in range(count):
        array[index] = generator.integers(0, 100, (index + 1, 3)).astype(dtype)
    return array


def read(path, *names):
    return read_npz(str(path), names or ("train",))


@pytest.mark.parametrize(
    "dtype", [np.int8, np.uint8, "<i2", ">i2", np.int32, np.int64, "<f2", ">f4", "<f8", bool]
)
@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_object_arrays_are_read_as_numpy_reads_them(tmp_path, dtype, save):
    array = sketches(dtype=dtype)
    save(tmp_path / "a.npz", train=array)
    found = read(tmp_path / "a.npz")["train"]
    for mine, expected in zip(found, array, strict=True):
        np.testing.assert_array_equal(mine, expected)
        assert mine.dtype == expected.dtype


@pytest.mark.parametrize("protocol", [2, 3, 4])
@pytest.mark.parametrize("order", ["C", "F"])
def test_every_protocol_that_numpy_has_written_is_read(protocol, order):
    array = sketches()
    array[:] = [np.asarray(each, order=order) for each in array]
    found = read_object_array(memoryview(pickle.dumps(array, protocol)))
    for mine, expected in zip(found, array, strict=True):
        np.testing.assert_array_equal(mine, expected)


def test_files_of_python_2_are_read():
    # What Python 2 wrote for an object array of one array [[1, -2, 0], [3, 4, 1]] of int16.
    array = b"cnumpy.core.multiarray\n_reconstruct\nq\x01cnumpy\nndarray\nq\x02K\x00\x85q\x03"
    array += b"U\x01bq\x04\x87q\x05Rq\x06"
    again = b"h\x01h\x02K\x00\x85q\x08h\x04\x87q\x09Rq\x0a"
    minus = b"J\xff\xff\xff\xff"
    objects = b"cnumpy\ndtype\nq\x0bU\x02O8K\x00K\x01\x87R(K\x03U\x01|NNN" + minus * 2 + b"K?tb"
    numbers = b"h\x0bU\x02i2K\x00K\x01\x87R(K\x03U\x01<NNN" + minus * 2 + b"K\x00tb"
    data = np.array([[1, -2, 0], [3, 4, 1]], "<i2").tobytes()
    inner = again + b"(K\x01K\x02K\x03\x86" + numbers + b"\x89U" + bytes([len(data)]) + data + b"tb"
    stream = b"\x80\x02" + array + b"(K\x01K\x01\x85" + objects + b"\x89]q\x0c" + inner + b"atb."
    (found,) = read_object_array(memoryview(stream))
    np.testing.assert_array_equal(found, [[1, -2, 0], [3, 4, 1]])
    expected = pickle.loads(stream, encoding="latin1")  # our own bytes: the test's own check
    np.testing.assert_array_equal(found, expected[0])


def test_arrays_of_numbers_are_read_too(tmp_path):
    np.savez(tmp_path / "a.npz", train=np.arange(24.0).reshape(2, 4, 3), other=np.arange(3))
    found = read(tmp_path / "a.npz", "train", "valid")
    assert list(found) == ["train"]
    np.testing.assert_array_equal(found["train"], np.arange(24.0).reshape(2, 4, 3))


class Attack:
    def __init__(self, function, *arguments):
        self.reduced = function, arguments

    def __reduce__(self):
        return self.reduced


def attacks(target):
    command = f"touch {target}"
    return [
        Attack(os.system, command),
        Attack(eval, f"open({str(target)!r}, 'w')"),
        Attack(open, str(target), "w"),
        Attack(np.save, str(target), 3),
        Attack(np.fromfile, "/dev/zero"),
        [Attack(os.system, command)],
        {"a": Attack(os.system, command)},
    ]


@pytest.mark.parametrize("protocol", [0, 2, 3, 4, 5])
@pytest.mark.parametrize("kind", range(7))
def test_nothing_in_a_file_is_ever_run(tmp_path, protocol, kind):
    attack = attacks(tmp_path / "pwned")[kind]
    array = np.empty(2, object)
    array[:] = [np.zeros((2, 3), np.int16), attack]
    for value in (attack, array):
        with pytest.raises((ValueError, IndexError)):
            read_object_array(memoryview(pickle.dumps(value, protocol)))
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize(
    "stream",
    [
        b"",
        b".",
        b"\x80\x04.",
        b"\x80\x04N.",
        b"\x80\x04].",
        b"\x80\x04(.",
        b"cos\nsystem\n(U\x04truetR.",
        b"cposix\nsystem\nU\x04true\x85R.",
        b"cbuiltins\neval\nU\x011\x85R.",
        b"(U\x04trueios\nsystem\n.",
        b"(cos\nsystem\nU\x04trueo.",
        b"cnumpy\ndtype\n}b.",
        b"cnumpy\ndtype\nU\x02O8\x85\x81.",
        b"\x82\x01.",
        b"Pabc\n.",
        b"h\x05.",
        b"j\xff\xff\xff\xff.",
        b"r\xff\xff\xff\xff.",
        b"Nr\xff\xff\xff\xff.",
        b"\x8e" + b"\xff" * 8 + b".",
        b"B\xff\xff\xff\x7fabc.",
        b"X\x02\x00\x00\x00\xff\xff.",
        b"c" + b"a" * 10_000,
        b"]" * 10_000 + b"a" * 9_999 + b".",
    ],
)
def test_other_pickles_are_refused_without_much_memory(stream):
    tracemalloc.start()
    with pytest.raises((ValueError, IndexError)):
        read_object_array(memoryview(stream))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1 << 22


def test_axes_are_counted_before_they_are_multiplied():
    with pytest.raises(ValueError, match="more than 32 axes"):
        plain_array(b"", (2**2000,) * 33, "f8", "<", False)


@pytest.mark.parametrize(
    "element",
    [3, "text", None, [1, 2, 3], np.array(["a"]), np.array([None]), np.array([1j])]
    + [np.zeros(2, "datetime64[s]"), np.zeros(2, [("a", "i2")]), np.float32(3)],
)
def test_what_is_no_array_of_numbers_is_refused(tmp_path, element):
    array = np.empty(1, object)
    array[0] = element
    np.savez(tmp_path / "a.npz", train=array)
    with pytest.raises(UserError, match=r"a\.npz"):
        read(tmp_path / "a.npz")


@pytest.mark.parametrize(
    "array", [np.arange(3), np.array(3), np.zeros((2, 2)), np.array([["a"]]), np.zeros(2, "i2,i2")]
)
def test_arrays_of_another_shape_or_type_are_refused(tmp_path, array):
    np.savez(tmp_path / "a.npz", train=array)
    with pytest.raises(UserError, match=r"a\.npz"):
        read(tmp_path / "a.npz")


def npy(shape, descr="<f4", body=b""):
    stream = io.BytesIO()
    header = {"shape": shape, "fortran_order": False, "descr": descr}
    np.lib.format.write_array_header_1_0(stream, header)
    return stream.getvalue() + body


@pytest.mark.parametrize(
    "content",
    [
        npy((1 << 40, 10, 3)),
        npy((1 << 62, 1 << 62, 3)),
        npy((2, 2, 3), body=bytes(47)),
        npy((2, 2, 3), body=bytes(49)),
        npy((-1, -4, 3), body=bytes(48)),
        npy((2, 2, 3), "|O", b"junk"),
        npy((2, 2, 3), [("a", "<f4")], bytes(48)),
        npy((2, 2, 3), "<f4", bytes(48)).replace(b"NUMPY\x01", b"NUMPY\x03"),
        npy((2, 2, 3), "<f4", bytes(48))[:40],
        npy((2, 2, 3), "<f4", bytes(48)).replace(b"'shape'", b"'shap('"),
        npy((2, 2, 3), "<f4", bytes(48)).replace(b"(2, 2, 3)", b"((((((((("),
        b"\x93NUMPY",
        b"",
        pickle.dumps(3),
    ],
)
def test_a_bad_array_is_refused_before_memory_is_taken(tmp_path, content):
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
        archive.writestr("train.npy", content)
    tracemalloc.start()
    with pytest.raises(UserError, match=r"a\.npz"):
        read(tmp_path / "a.npz")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1 << 22


def test_an_array_of_endlessly_many_empty_sequences_is_empty(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
        archive.writestr("train.npy", npy((1 << 40, 0, 3)))
    assert read(tmp_path / "a.npz") == {"train": []}


def test_a_zip_bomb_is_refused_before_it_unfolds(tmp_path):
    shape = (1 << 20, 8, 3)
    with zipfile.ZipFile(tmp_path / "a.npz", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("train.npy", npy(shape) + bytes(4 * (1 << 20) * 24))
    tracemalloc.start()
    with pytest.raises(UserError, match="compressed"):
        read(tmp_path / "a.npz")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1 << 22


def test_a_zip_that_lies_about_its_size_does_not_unfold(tmp_path):
    path = tmp_path / "a.npz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("train.npy", bytes(1 << 26))
    data = path.read_bytes().replace((1 << 26).to_bytes(4, "little"), (500).to_bytes(4, "little"))
    path.write_bytes(data)
    tracemalloc.start()
    with pytest.raises(UserError, match=r"a\.npz"):
        read(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1 << 22


def test_one_small_array_repeated_many_times_is_refused(monkeypatch):
    array = np.empty(1000, object)
    array[:] = [np.zeros((1000, 3), np.int16)] * 1000  # 6 kB in the file, 6 MB if copied
    monkeypatch.setattr("hachi_tf.data.sources.object_arrays.MAX_BYTES", 1 << 22)
    with pytest.raises(ValueError, match="together"):
        read_object_array(memoryview(pickle.dumps(array, 4)))


@pytest.mark.parametrize("content", [b"", b"hello", b"PK\x05\x06", os.urandom(300)])
def test_a_foreign_file_is_refused(tmp_path, content):
    (tmp_path / "a.npz").write_bytes(content)
    with pytest.raises(UserError, match=r"a\.npz"):
        read(tmp_path / "a.npz")


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(UserError, match=r"no\.npz"):
        read(tmp_path / "no.npz")


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_a_file_cut_short_anywhere_is_refused(tmp_path, save):
    save(tmp_path / "a.npz", train=sketches())
    data = (tmp_path / "a.npz").read_bytes()
    for length in range(0, len(data), 13):
        (tmp_path / "b.npz").write_bytes(data[:length])
        with pytest.raises(UserError, match=r"b\.npz"):
            read(tmp_path / "b.npz")


def test_a_damaged_object_array_gives_numbers_or_a_plain_error():
    data = bytearray(pickle.dumps(sketches(), 4))
    generator = np.random.default_rng(0)
    for _ in range(2000):
        damaged = bytearray(data)
        for at in generator.integers(0, len(data), generator.integers(1, 4)):
            damaged[at] = generator.integers(0, 256)
        try:
            for element in read_object_array(memoryview(bytes(damaged))):
                assert element.dtype.kind in "biuf"
        except (ValueError, IndexError):
            pass
