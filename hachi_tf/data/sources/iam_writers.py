"""Who wrote which form of IAM-OnDB, and the lines of one of them."""

import os
from collections.abc import Sequence

from hachi_tf.data.sources.archives import unreadable
from hachi_tf.errors import UserError

FORMS_FILE = "forms.txt"
_FORMS_EACH = 8  # texts that each writer was asked for
_MAX_BYTES = 1 << 24
_NAMED = 6  # writers that an error names


def writers_in_order(lists: Sequence[Sequence[str]]) -> dict[str, str]:
    """The writer of each form, told from the order of the official lists.

    Each list holds the forms of one writer after those of another, a writer's up to eight forms in
    alphabetical order. So a writer begins where a form sorts before the one above it, or after
    eight. (The rule gives 216 writers, of whom 215 wrote eight forms. By size, slant and speed of
    the pen, 70% of the forms have their nearest relative among their writer's other seven.)

    Args:
        lists: the forms of each list.

    Returns:
        A writer by form, named by the first form of theirs.
    """
    writers = {}
    for forms in lists:
        writer, count, before = "", 0, ""
        for form in forms:
            if not writer or form < before or count == _FORMS_EACH:
                writer, count = form, 0
            writers[form] = writer
            before, count = form, count + 1
    return writers


def writers_in_file(path: str | os.PathLike) -> dict[str, str]:
    """The writer of each form, from a file of lines that begin with a form and a writer.

    Args:
        path: such as IAM-OnDB's `forms.txt`; what follows a `#` is passed over.

    Raises:
        UserError: if the file is something else, or cannot be read.
    """
    try:
        with open(path, encoding="latin-1") as file:
            lines = file.read(_MAX_BYTES).splitlines()
    except OSError as error:
        raise unreadable(str(path), error) from error
    writers = {}
    for number, line in enumerate(lines, 1):
        words = line.partition("#")[0].split()
        if len(words) == 1:
            raise UserError(
                "a form and its writer in each line",
                f"{words[0][:40]!r} in line {number} of {path}",
            )
        if words:
            writers[words[0]] = words[1]
    return writers


def forms_of(writer: str, writers: dict[str, str]) -> set[str]:
    """All forms of a writer.

    Args:
        writer: the name of a writer, or of a form of theirs.
        writers: by form.

    Raises:
        UserError: if there is no such writer or form.
    """
    name = writers.get(writer, writer)
    forms = {form for form, each in writers.items() if each == name}
    if not forms:
        some = ", ".join(list(dict.fromkeys(writers.values()))[:_NAMED])
        raise UserError(
            f"the name of a form, for its writer, or one of the {len(set(writers.values()))} "
            f"writers ({some}, ...)",
            repr(writer[:40]),
        )
    return forms
