"""IAM-OnDB: lines of English handwriting from a whiteboard (Liwicki and Bunke, 2005)."""

import logging
import os
from collections.abc import Iterator

import numpy as np

from hachi_tf.data.sources.archives import digest_files, read_files, unreadable
from hachi_tf.data.sources.source import Sequence, Source
from hachi_tf.data.sources.strokes import stroke_events, stroke_schema
from hachi_tf.data.sources.xml_files import parse_xml
from hachi_tf.errors import UserError
from hachi_tf.schema import Schema
from hachi_tf.transforms import Standardize, Transform

_LOGGER = logging.getLogger(__name__)
# The official lists and the split of each in Graves 2013, whose tables report testset_v.
_LISTS = {
    "trainset": "train",
    "testset_t": "train",
    "testset_f": "train",
    "testset_v": "validation",
}
_MAX_BYTES = 1 << 24  # of a file of a line; the largest of IAM-OnDB has 105,268
_MAX_COORDINATE = 1e9


class IamOndb(Source):
    """IAM-OnDB in its official layout, split as in Graves 2013.

    The training split is the official training set with testset_t and testset_f (10,741 lines),
    the validation split testset_v (1,438 lines). The 16 lines whose forms are in no list are
    left out. Times are not read: in 47 lines they run backwards, and the points of those lines
    too stand in the order of writing. The text of a line is that of the CSR block of its form;
    a line that has none there gets None.

    Args:
        data: a folder with `lineStrokes-all.tar.gz`, `ascii-all.tar.gz` and `task1/*.txt`;
            `lineStrokes/` and `ascii/`, unpacked, do as well.
        clip: offsets beyond it, in tablet units, are clipped to it. Of the training split's
            6.75 million points the default clips 417, 24 standard deviations and more away, all
            of them moves with the pen in the air, mostly back to a dot or a crossbar.

    Raises:
        UserError: if the folder lacks something, or an option is out of range.
    """

    name = "iam_ondb"
    licence = "IAM-OnDB: non-commercial research only, no redistribution"
    credit = "IAM On-Line Handwriting Database, University of Bern (Liwicki and Bunke, 2005)"

    def __init__(
        self,
        data: str | os.PathLike | None = None,
        clip: float = 1000.0,
    ):
        super().__init__(data, clip=clip)
        if not clip > 0:
            raise UserError("a clip above 0, in tablet units", repr(clip))
        if self.data is None or not os.path.isdir(self.data):
            raise UserError(
                "a folder with lineStrokes-all.tar.gz, ascii-all.tar.gz and task1/",
                "none" if self.data is None else f"{self.data}, which is no folder",
                "name the folder of IAM-OnDB with --data",
            )

    @property
    def schema(self) -> Schema:
        """Columns dx, dy and end_of_stroke."""
        return stroke_schema("tablet units", None)

    @property
    def splits(self) -> tuple[str, ...]:
        """Graves's two."""
        return ("train", "validation")

    def default_transforms(self) -> Transform:
        """Offsets to mean 0 and standard deviation 1, as in Graves 2013."""
        return Standardize([0, 1])

    @classmethod
    def recognizes(cls, path: str) -> bool:
        """Whether the folder holds lineStrokes, packed or not."""
        return os.path.isdir(path) and _find(path, "lineStrokes") is not None

    def read(self) -> Iterator[Sequence]:
        """Reads the lines; see `Source.read`."""
        splits, texts = self._read_lists(), self._read_texts()
        counts = dict.fromkeys(("train", "validation", "left out", "without text"), 0)
        seen = set()
        for file in read_files(self._require("lineStrokes"), ".xml", _MAX_BYTES):
            form, _, number = file.stem.rpartition("-")
            split = splits.get(form, "left out")
            counts[split] += 1
            if split == "left out":
                continue
            if file.stem in seen or not number.isdecimal():
                raise UserError("files of lines, each once, such as a01-000u-01.xml", file.label)
            seen.add(file.stem)
            lines = texts.get(form, [])
            text = lines[int(number) - 1] if 0 < int(number) <= len(lines) else None
            counts["without text"] += text is None
            events = self._events(file.content, file.label)
            yield Sequence(events, text, f"iam_ondb/{file.stem}", split, form)
        if not seen:
            raise UserError(
                "lines of the forms that task1 lists", f"none in {self.data}", "check the folder"
            )
        _LOGGER.info(
            "IAM-OnDB: %s", ", ".join(f"{count:,} {what}" for what, count in counts.items())
        )

    def _events(self, content: bytes, name: str) -> np.ndarray:
        x, y, starts = [], [], []

        def start(tag: str, attributes: dict[str, str]) -> None:
            if tag == "Point":
                x.append(attributes["x"])
                y.append(attributes["y"])
            elif tag == "Stroke":
                starts.append(len(x))

        parse_xml(content, name, start)
        try:
            points = np.array([list(map(float, x)), list(map(float, y))]).T  # [N, 2]
        except ValueError as error:
            raise UserError("numbers as x and y", f"{error} in {name}") from None
        if not (np.abs(points) <= _MAX_COORDINATE).all():
            raise UserError("finite coordinates", f"others in {name}", "remove the file")
        starts = np.unique([each for each in starts if each < len(points)]).astype(np.int64)
        if not len(starts) or starts[0] != 0:
            raise UserError("strokes with points, as IAM-OnDB has them", f"none in {name}")
        events = stroke_events(points, starts)
        events[:, :2] = events[:, :2].clip(-self.options["clip"], self.options["clip"])
        return events

    def _read_lists(self) -> dict[str, str]:
        """The split of each form."""
        splits = {}
        for path, split in self._list_files():
            try:
                with open(path, encoding="ascii") as file:
                    forms = file.read(_MAX_BYTES).split()
            except UnicodeDecodeError:
                raise UserError("a list of forms, one a line", f"{path}, which is none") from None
            except OSError as error:
                raise unreadable(path, error) from error
            for form in forms:
                if splits.setdefault(form, split) != split:
                    raise UserError("each form in one split", f"{form} in two", f"check {path}")
        return splits

    def _list_files(self) -> list[tuple[str, str]]:
        beside = os.path.isfile(os.path.join(self.data, "trainset.txt"))
        folder = self.data if beside else os.path.join(self.data, "task1")
        return [(os.path.join(folder, f"{name}.txt"), split) for name, split in _LISTS.items()]

    def _read_texts(self) -> dict[str, list[str]]:
        """The lines of each form's CSR block."""
        path = _find(self.data, "ascii")
        if path is None:
            _LOGGER.warning("no ascii-all.tar.gz in %s: its lines have no text", self.data)
            return {}
        texts = {}
        for file in read_files(path, ".txt", _MAX_BYTES):
            block = file.content.decode("latin-1").partition("CSR:")[2]
            texts[file.stem] = [line.strip() for line in block.split("\n") if line.strip()]
        return texts

    def _require(self, what: str) -> str:
        path = _find(self.data, what)
        if path is None:
            raise UserError(
                f"{what}-all.tar.gz or {what}/", f"neither in {self.data}", "check the folder"
            )
        return path

    def _digest_inputs(self, digest) -> None:
        digest_files(self._require("lineStrokes"), ".xml", digest)
        if path := _find(self.data, "ascii"):
            digest_files(path, ".txt", digest)
        for path, split in self._list_files():
            digest.update(split.encode())
            digest_files(path, ".txt", digest)


def _find(folder: str, what: str) -> str | None:
    """The unpacked folder or else the archive."""
    names = (what, f"{what}-all/{what}", f"{what}-all", f"{what}-all.tar.gz")
    paths = [os.path.join(folder, *name.split("/")) for name in names]
    for path in paths[:-1]:
        if os.path.isdir(path):
            return path
    return paths[-1] if os.path.isfile(paths[-1]) else None
