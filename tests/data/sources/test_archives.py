import gzip
import hashlib
import io
import os
import tarfile
import tracemalloc

import pytest

from hachi_tf.data.sources.archives import digest_files, read_files
from hachi_tf.errors import UserError


def member(name, content=b"", **fields):
    info = tarfile.TarInfo(name)
    info.size = len(content)
    for key, value in fields.items():
        setattr(info, key, value)
    return info, io.BytesIO(content)


def write_archive(path, *members):
    with tarfile.open(path, "w:gz") as archive:
        for info, content in members:
            archive.addfile(info, content)
    return str(path)


def read(path, max_bytes=1000):
    return [(file.stem, file.content) for file in read_files(str(path), ".xml", max_bytes)]


def test_an_archive_gives_the_wanted_files_in_its_own_order(tmp_path):
    path = write_archive(
        tmp_path / "a.tar.gz",
        member("top", type=tarfile.DIRTYPE),
        member("top/b-2.xml", b"two"),
        member("top/a-1.xml", b"one" * 300),
        member("top/._b-2.xml", b"a Mac's"),
        member("top/note.txt", b"x" * 5000),
        member("top/c.xml", b""),
    )
    assert read(path) == [("b-2", b"two"), ("a-1", b"one" * 300), ("c", b"")]


def test_a_folder_gives_the_wanted_files_in_the_order_of_their_names(tmp_path):
    (tmp_path / "b").mkdir()
    for name in ("b/1.xml", "a.xml", ".hidden.xml", "b/note.txt"):
        (tmp_path / name).write_text(name)
    assert read(tmp_path) == [("a", b"a.xml"), ("1", b"b/1.xml")]


@pytest.mark.parametrize(
    "name",
    ["../evil.xml", "a/../../evil.xml", "/etc/evil.xml", "C:/evil.xml", "a\\..\\evil.xml"]
    + ["\\evil.xml", "../note.txt"],
)
def test_a_path_that_climbs_out_is_refused(tmp_path, name):
    path = write_archive(tmp_path / "a.tar.gz", member(name, b"x"))
    with pytest.raises(UserError, match="evil|note"):
        read(path)


@pytest.mark.parametrize(
    "kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE]
)
def test_links_and_devices_are_refused(tmp_path, kind):
    path = write_archive(
        tmp_path / "a.tar.gz", member("link.xml", type=kind, linkname="/etc/passwd")
    )
    with pytest.raises(UserError, match="link"):
        read(path)


def test_an_archive_cut_short_anywhere_is_refused(tmp_path):
    contents = [os.urandom(700), os.urandom(512), b""]
    whole = write_archive(
        tmp_path / "a.tar.gz",
        *(member(f"{index}.xml", content) for index, content in enumerate(contents)),
    )
    data = (tmp_path / "a.tar.gz").read_bytes()
    assert len(read(whole)) == 3
    for length in [*range(0, len(data), 37), len(data) - 9, len(data) - 1]:
        path = tmp_path / "cut.tar.gz"
        path.write_bytes(data[:length])
        with pytest.raises(UserError, match=r"cut\.tar\.gz"):
            read(path)


def test_an_archive_cut_short_before_it_was_compressed_is_refused(tmp_path):
    write_archive(tmp_path / "a.tar.gz", member("0.xml", b"x" * 700), member("1.xml", b"y" * 700))
    data = gzip.decompress((tmp_path / "a.tar.gz").read_bytes())
    for length in (100, 900, 1536, 1536 + 100, 1536 + 512 + 100, 3072, 3072 + 100):
        (tmp_path / "b.tar.gz").write_bytes(gzip.compress(data[:length]))
        with pytest.raises(UserError, match=r"b\.tar\.gz"):
            read(tmp_path / "b.tar.gz")


def test_a_damaged_archive_is_refused(tmp_path):
    write_archive(tmp_path / "a.tar.gz", member("0.xml", os.urandom(900)))
    data = bytearray((tmp_path / "a.tar.gz").read_bytes())
    data[len(data) // 2] ^= 0xFF
    (tmp_path / "a.tar.gz").write_bytes(data)
    with pytest.raises(UserError, match=r"a\.tar\.gz"):
        read(tmp_path / "a.tar.gz")


NO_TAR = gzip.compress(b"no tar", mtime=0)  # the same whenever tests are collected


@pytest.mark.parametrize("content", [b"", b"hello", b"PK\x03\x04" * 100, NO_TAR])
def test_a_foreign_file_is_refused(tmp_path, content):
    (tmp_path / "a.tar.gz").write_bytes(content)
    with pytest.raises(UserError, match=r"a\.tar\.gz"):
        read(tmp_path / "a.tar.gz")


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(UserError, match="nothing"):
        read(tmp_path / "nothing.tar.gz")


@pytest.mark.parametrize("kind", [tarfile.XHDTYPE, tarfile.GNUTYPE_LONGNAME, tarfile.REGTYPE])
def test_a_small_archive_cannot_ask_for_much_memory(tmp_path, kind):
    info = tarfile.TarInfo("a.xml")
    info.size, info.type = 1 << 31, kind
    with gzip.open(tmp_path / "a.tar.gz", "wb") as file:
        file.write(info.tobuf(tarfile.GNU_FORMAT))
        for _ in range(100):
            file.write(bytes(1 << 20))
    tracemalloc.start()
    with pytest.raises(UserError):
        read(tmp_path / "a.tar.gz")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1 << 25


def test_a_file_above_the_limit_is_refused(tmp_path):
    (tmp_path / "a.xml").write_bytes(bytes(1001))
    with pytest.raises(UserError, match="1,001"):
        read(tmp_path)


def digest(path):
    value = hashlib.sha256()
    digest_files(str(path), ".xml", value)
    return value.hexdigest()


def test_a_files_digest_is_that_of_its_content(tmp_path):
    (tmp_path / "a").write_bytes(b"one")
    (tmp_path / "b").write_bytes(b"one")
    (tmp_path / "c").write_bytes(b"two")
    assert digest(tmp_path / "a") == digest(tmp_path / "b") != digest(tmp_path / "c")


def test_a_folders_digest_changes_with_names_sizes_and_times(tmp_path):
    (tmp_path / "a.xml").write_bytes(b"one")
    os.utime(tmp_path / "a.xml", ns=(0, 0))
    digests = [digest(tmp_path)]
    os.utime(tmp_path / "a.xml", ns=(0, 1000))
    digests.append(digest(tmp_path))
    (tmp_path / "a.xml").write_bytes(b"three")
    digests.append(digest(tmp_path))
    (tmp_path / "a.xml").rename(tmp_path / "b.xml")
    digests.append(digest(tmp_path))
    assert len(set(digests)) == 4
