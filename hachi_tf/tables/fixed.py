"""Columns held fixed, as people name them: on a command line, and while a model plays."""

import math
from collections.abc import Mapping, Sequence

from hachi_tf.errors import UserError
from hachi_tf.schema import Feature, Schema
from hachi_tf.tables.events import bare_name
from hachi_tf.tables.table import shortest

Ranges = Mapping[int, tuple[float, float]]
"""The least and the greatest value of columns, by their index, as `Transform.ranges` gives them."""

_LARGEST = 1e9  # beyond it float32 arithmetic in a network may overflow
_MOST_NAMED = 20  # classes in a message


def find_column(names: Sequence[str], wanted: str) -> int | None:
    """The index of a column, called exactly so or, if there is none, with a number before it.

    Args:
        names: of the columns.
        wanted: the name, e.g. `"pitch"`, which finds `pitch`, `0_pitch` and `Pitch`.
    """
    if wanted in names:
        return list(names).index(wanted)
    found = [index for index, name in enumerate(names) if bare_name(name) == wanted.lower()]
    return found[0] if found else None


def parse_fixed(
    settings: Sequence[str], schema: Schema, ranges: Ranges | None = None
) -> dict[str, float | str]:
    """Reads what is held fixed, e.g. `["channel=1"]`.

    Args:
        settings: `name=value`, values as they stand in tables: numbers in data units, or classes.
            The number before a column's name may be left out.
        schema: the model's columns.
        ranges: what is known of the columns' ranges.

    Returns:
        Values by the columns' full names, e.g. `{"3_channel": "1"}`.

    Raises:
        UserError: if it is something else, the model has no such column, or the column cannot
            have the value.
    """
    fixed: dict[str, float | str] = {}
    for setting in settings:
        name, equals, value = (part.strip() for part in setting.partition("="))
        if not equals or not name or not value:
            raise UserError("--fix=COLUMN=VALUE", repr(setting), "e.g. --fix=channel=1")
        column, held = fixed_value(name, value, schema, ranges)
        if column in fixed:
            raise UserError(f"--fix for {column} once", repr(setting))
        fixed[column] = held
    return fixed


def fixed_value(
    name: str,
    value: float | str,
    schema: Schema,
    ranges: Ranges | None = None,
    what: str = "--fix",
) -> tuple[str, float | str]:
    """The full name of a column, and what it is to be held at.

    Args:
        name: of the column, with or without the number before it and the marks `~` and `#`.
        value: a number in data units, a label, or either as a text.
        schema: the model's columns.
        ranges: what is known of the columns' ranges.
        what: where it was asked for, in errors.

    Returns:
        The name as the schema has it, and a number, or of a categorical column a label.

    Raises:
        UserError: if the model has no such column, or the column cannot have the value.
    """
    index = fixed_column(name, schema, ranges, what)
    feature = schema.features[index]
    wanted = f"{feature.name} as {_allowed(feature, (ranges or {}).get(index))} for {what}"
    if feature.kind == "categorical":
        label = value.strip() if isinstance(value, str) else shortest(float(value))
        if label not in feature.classes:
            raise UserError(wanted, repr(value))
        return feature.name, label
    try:
        number = float(value)
    except ValueError:
        raise UserError(wanted, repr(value)) from None
    low, high = (ranges or {}).get(index, (-math.inf, math.inf))
    fits = math.isfinite(number) and abs(number) <= _LARGEST and low <= number <= high
    if not fits or (feature.kind == "binary" and number not in (0.0, 1.0)):
        raise UserError(wanted, repr(value))
    return feature.name, number


def fixed_column(
    name: str, schema: Schema, ranges: Ranges | None = None, what: str = "--fix"
) -> int:
    """The index of a column that is to be held, or freed.

    Raises:
        UserError: if the model has no such column; the columns that it has are named, with what
            is known of their ranges.
    """
    index = find_column(schema.names, name.strip().lstrip("~").rstrip("#").strip())
    if index is None:
        known = [
            f"{feature.name} ({_allowed(feature, (ranges or {}).get(place))})"
            for place, feature in enumerate(schema.features)
        ]
        raise UserError(f"a column of {', '.join(known)} for {what}", repr(name))
    return index


def _allowed(feature: Feature, ends: tuple[float, float] | None) -> str:
    if feature.kind == "categorical":
        more = ", ..." * (len(feature.classes) > _MOST_NAMED)
        return f"one of {', '.join(feature.classes[:_MOST_NAMED])}{more}"
    if feature.kind == "binary":
        return "0 or 1"
    if ends is None:
        return "a number"
    if math.isinf(ends[1]):
        return f"a number from {ends[0]:g} up"
    return f"a number from {ends[0]:g} to {ends[1]:g}"
