"""IAM-OnDB: lines of English handwriting from a whiteboard (Liwicki and Bunke, 2005)."""

import dataclasses
import logging
import os
from collections.abc import Iterator

import numpy as np

from hachi_tf.data.sources import iam_writers
from hachi_tf.data.sources.archives import digest_files, read_files, unreadable
from hachi_tf.data.sources.source import Sequence, Source
from hachi_tf.data.sources.strokes import stroke_events, stroke_schema
from hachi_tf.data.sources.xml_files import parse_xml
from hachi_tf.errors import UserError
from hachi_tf.schema import Schema
from hachi_tf.transforms import Standardize, Transform

log = logging.getLogger(__name__)
# The official lists and the split of each in Graves 2013, whose tables report testset_v.
_LISTS = {
    "trainset": "train",
    "testset_t": "train",
    "testset_f": "train",
    "testset_v": "validation",
}
_MAX_BYTES = 1 << 24  # of a file of a line; the largest of IAM-OnDB has 105,268
_MAX_COORDINATE = 1e9
_WRITER_LINES = 40  # for training on one writer, if nobody says how many


class IamOndb(Source):
    """IAM-OnDB in its official layout, split as in Graves 2013.

    The training split is the official training set with testset_t and testset_f (10,741 lines),
    the validation split testset_v (1,438 lines). The 16 lines whose forms are in no list are
    left out. Times are not read: in 47 lines they run backwards, and the points of those lines
    too stand in the order of writing. The text of a line is that of the CSR block of its form;
    a line that has none there gets None.

    With a writer, all lines are theirs: the first ones, in the order of their names, are the
    training split, and the others the validation split, whichever lists they are in. The writer
    of a form is that of `forms.txt`, if the folder has it; if not, the order of the official
    lists tells.

    Args:
        data: a folder with `lineStrokes-all.tar.gz`, `ascii-all.tar.gz` and `task1/*.txt`;
            `lineStrokes/` and `ascii/`, unpacked, do as well.
        clip: offsets beyond it, in tablet units, are clipped to it. Of the training split's
            6.75 million points the default clips 417, 24 standard deviations and more away, all
            of them moves with the pen in the air, mostly back to a dot or a crossbar.
        writer: a form whose writer's lines alone are read, or a writer's number in `forms.txt`;
            `""` for all writers.
        max_lines: how many of a writer's lines are for training; None for 40, or nine tenths of
            them if there are fewer than 45.

    Raises:
        UserError: if the folder lacks something, or an option is out of range.
    """

    name = "iam_ondb"
    has_text = True
    licence = "IAM-OnDB: non-commercial research only, no redistribution"
    credit = "IAM On-Line Handwriting Database, University of Bern (Liwicki and Bunke, 2005)"

    def __init__(
        self,
        data: str | os.PathLike | None = None,
        clip: float = 1000.0,
        writer: str = "",
        max_lines: int | None = None,
    ):
        self._max_lines = _WRITER_LINES if max_lines is None else max_lines
        self._at_most = max_lines is None
        chosen = {"writer": writer, "max_lines": self._max_lines} if writer else {}
        super().__init__(data, clip=clip, **chosen)
        if self._max_lines < 1 or (max_lines is not None and not writer):
            raise UserError("max_lines of at least 1, with a writer", repr(max_lines))
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
        counts = dict.fromkeys(("train", "validation", "left out", "without text"), 0)
        lines = self._lines(counts)
        for line in self._split_writer(lines) if "writer" in self.options else lines:
            counts[line.split] += 1
            counts["without text"] += line.text is None
            yield line
        if not counts["train"] + counts["validation"]:
            raise UserError(
                "lines of the forms that task1 lists", f"none in {self.data}", "check the folder"
            )
        log.info("IAM-OnDB: %s", ", ".join(f"{count:,} {what}" for what, count in counts.items()))

    def _lines(self, counts: dict[str, int]) -> Iterator[Sequence]:
        """The lines of the forms wanted, split as the lists say; counts the others."""
        splits, texts, seen = self._read_splits(), self._read_texts(), set()
        for file in read_files(self._require("lineStrokes"), ".xml", _MAX_BYTES):
            form, _, number = file.stem.rpartition("-")
            if form not in splits:
                counts["left out"] += 1
                continue
            if file.stem in seen or not number.isdecimal():
                raise UserError("files of lines, each once, such as a01-000u-01.xml", file.label)
            seen.add(file.stem)
            lines = texts.get(form, [])
            text = lines[int(number) - 1] if 0 < int(number) <= len(lines) else None
            events = self._events(file.content, file.label)
            yield Sequence(events, text, f"iam_ondb/{file.stem}", splits[form], form)

    def _split_writer(self, lines: Iterator[Sequence]) -> Iterator[Sequence]:
        """A writer's first lines for training, the others for validation."""
        ordered = sorted(lines, key=lambda line: line.id)
        most = self._max_lines
        if self._at_most and len(ordered) > 1:
            most = min(most, max(len(ordered) * 9 // 10, 1))
        if 0 < len(ordered) <= most:
            raise UserError(
                f"max_lines below the {len(ordered)} lines of {self.options['writer']}, "
                "so that some are left for validation",
                str(most),
            )
        for index, line in enumerate(ordered):
            split = "train" if index < most else "validation"
            yield dataclasses.replace(line, split=split)

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

    def _read_splits(self) -> dict[str, str]:
        """The split of each form that is wanted."""
        splits, lists = {}, []
        for path, split in self._list_files():
            try:
                with open(path, encoding="ascii") as file:
                    lists.append(file.read(_MAX_BYTES).split())
            except UnicodeDecodeError:
                raise UserError("a list of forms, one a line", f"{path}, which is none") from None
            except OSError as error:
                raise unreadable(path, error) from error
            for form in lists[-1]:
                if splits.setdefault(form, split) != split:
                    raise UserError("each form in one split", f"{form} in two", f"check {path}")
        if "writer" not in self.options:
            return splits
        if (path := self._forms_file()) is None:
            writers = iam_writers.writers_in_order(lists)
        else:
            writers = iam_writers.writers_in_file(path)
        forms = iam_writers.forms_of(self.options["writer"], writers)
        return {form: split for form, split in splits.items() if form in forms}

    def _forms_file(self) -> str | None:
        path = os.path.join(self.data, iam_writers.FORMS_FILE)
        return path if os.path.isfile(path) else None

    def _list_files(self) -> list[tuple[str, str]]:
        beside = os.path.isfile(os.path.join(self.data, "trainset.txt"))
        folder = self.data if beside else os.path.join(self.data, "task1")
        return [(os.path.join(folder, f"{name}.txt"), split) for name, split in _LISTS.items()]

    def _read_texts(self) -> dict[str, list[str]]:
        """The lines of each form's CSR block."""
        path = _find(self.data, "ascii")
        if path is None:
            log.warning("no ascii-all.tar.gz in %s: its lines have no text", self.data)
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
        if "writer" in self.options and (path := self._forms_file()):
            digest_files(path, ".txt", digest)


def _find(folder: str, what: str) -> str | None:
    """The unpacked folder or else the archive."""
    names = (what, f"{what}-all/{what}", f"{what}-all", f"{what}-all.tar.gz")
    paths = [os.path.join(folder, *name.split("/")) for name in names]
    for path in paths[:-1]:
        if os.path.isdir(path):
            return path
    return paths[-1] if os.path.isfile(paths[-1]) else None
