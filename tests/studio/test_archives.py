"""Archives of exports: packed plainly, unpacked with mistrust."""

import gzip
import io
import shutil
import tarfile
import zipfile

import pytest

from hachi_tf.errors import UserError
from hachi_tf.studio import archives
from tests.studio.server import ROOT

KANJI = ROOT / "exports" / "kanji" / "1"


@pytest.fixture(scope="module")
def packed(tmp_path_factory):
    path = tmp_path_factory.mktemp("packed") / "kanji.tar.gz"
    archives.pack(KANJI, "kanji", path)
    return path


def tar(*members, gz=True):
    """A tar file of `(name, content)`, or of ready `TarInfo`s."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz" if gz else "w") as archive:
        for member in members:
            if isinstance(member, tarfile.TarInfo):
                archive.addfile(member)
                continue
            info = tarfile.TarInfo(member[0])
            info.size = len(member[1])
            archive.addfile(info, io.BytesIO(member[1]))
    return buffer.getvalue()


def special(name, kind, target=""):
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


def zipped(*members, mode=0):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            info = zipfile.ZipInfo(name)
            info.external_attr = mode << 16
            archive.writestr(info, content, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def unpack(content, tmp_path):
    folder = tmp_path / "unpacked"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    (tmp_path / "archive").write_bytes(content)
    return archives.unpack(tmp_path / "archive", folder)


GRAPH = ("m/1/saved_model.pb", b"x")


@pytest.mark.parametrize(
    "name",
    ["../x", "/etc/x", "a/../../x", "a//b", "./../x", "a\\..\\x", "C:x", "a\nb", "a/./b",
     "/".join("abcdefghi"), "x" * 401],
)  # fmt: skip
def test_names_that_lead_out_are_refused(tmp_path, name):
    for content in (tar(GRAPH, (name, b"x")), zipped(GRAPH, (name, b"x"))):
        with pytest.raises(UserError, match="files stay in its folder"):
            unpack(content, tmp_path)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["archive", "unpacked"]


def test_links_and_devices_are_refused(tmp_path):
    for member in [
        special("m/1/variables", tarfile.SYMTYPE, "/etc"),
        special("m/1/hard", tarfile.LNKTYPE, "m/1/saved_model.pb"),
        special("m/1/fifo", tarfile.FIFOTYPE),
        special("m/1/device", tarfile.CHRTYPE),
    ]:
        with pytest.raises(UserError, match="an archive of files and folders; got a link"):
            unpack(tar(GRAPH, member), tmp_path)
    with pytest.raises(UserError, match="got a link"):
        unpack(zipped(GRAPH, mode=0o120777), tmp_path)


def test_what_is_too_large_is_refused_before_it_fills_the_disk(tmp_path, monkeypatch):
    monkeypatch.setattr(archives, "MAX_UNPACKED_BYTES", 100_000)
    bomb = bytes(2_000_000)
    for content in (
        tar(GRAPH, ("m/1/variables/variables.index", bomb)),
        zipped(GRAPH, ("m/1/variables/variables.index", bomb)),
        gzip.compress(bomb),
    ):
        assert len(content) < 10_000
        with pytest.raises(UserError, match="at most 100,000 bytes when unpacked"):
            unpack(content, tmp_path)
        sizes = [each.stat().st_size for each in (tmp_path / "unpacked").rglob("*")]
        assert sum(sizes) <= 100_000 + 5000
    monkeypatch.undo()
    many = [(f"m/{number}", b"") for number in range(1001)]
    with pytest.raises(UserError, match="at most 1000 files"):
        unpack(tar(GRAPH, *many), tmp_path)


def test_a_zip_that_lies_about_a_size_is_refused(tmp_path):
    content = zipped(GRAPH, ("m/1/variables/variables.index", bytes(50_000)))
    size = (50_000).to_bytes(4, "little")
    assert content.count(size) == 2
    with pytest.raises(UserError):
        unpack(content.replace(size, (10).to_bytes(4, "little")), tmp_path)


def test_what_holds_no_export_or_several_is_refused(tmp_path):
    for content in (
        b"", b"text", tar(("a", b"x")), zipped(("a", b"x")), tar(GRAPH, ("n/saved_model.pb", b"x")),
        tar(GRAPH, GRAPH), tar(GRAPH)[:40], gzip.compress(b"x" * 600), tar(GRAPH),
    ):  # fmt: skip
        with pytest.raises(UserError):
            unpack(content, tmp_path)


def members(path):
    with tarfile.open(path) as archive:
        return [(each.name, archive.extractfile(each).read()) for each in archive.getmembers()]


def test_an_export_comes_back_as_it_was(packed, tmp_path):
    files = members(packed)
    for content in (packed.read_bytes(), zipped(*files), tar(*files, gz=False)):
        version = unpack(content, tmp_path)
        found = {p.relative_to(version).as_posix(): p for p in version.rglob("*") if p.is_file()}
        own = {p.relative_to(KANJI).as_posix(): p for p in KANJI.rglob("*") if p.is_file()}
        assert version.name == "1" and set(found) == set(own)
        assert all(found[name].read_bytes() == own[name].read_bytes() for name in own)


def test_other_files_are_left_behind_and_other_graphs_refused(packed, tmp_path):
    files = members(packed)
    version = unpack(tar(*files, ("kanji/1/run.sh", b"x"), ("kanji/evil.py", b"x")), tmp_path)
    assert {each.suffix for each in version.rglob("*")}.isdisjoint({".sh", ".py"})
    with pytest.raises(UserError, match="as the only graph"):
        unpack(tar(*files, ("kanji/1/saved_model.pbtxt", b"x")), tmp_path)


def test_an_operation_outside_the_list_is_refused(packed, tmp_path):
    changed = []
    for name, content in members(packed):
        if name.endswith("saved_model.pb"):
            assert b"\x12\x08Identity" in content
            content = content.replace(b"\x12\x08Identity", b"\x12\x08ReadFile", 1)
        changed.append((name, content))
    with pytest.raises(UserError, match="only computes; got the operation ReadFile"):
        unpack(tar(*changed), tmp_path)


def test_a_description_that_is_damaged_is_refused(packed, tmp_path):
    changed = [(n, b"{}" if n.endswith("hachi.json") else c) for n, c in members(packed)]
    with pytest.raises(UserError, match="a description of a hachi_tf export"):
        unpack(tar(*changed), tmp_path)
