"""What the columns of a sequence are: `Feature` is one column, `Schema` all of them."""

import dataclasses
import functools
import re
from typing import Any

from hachi_tf.errors import UserError, shorten

KINDS = ("continuous", "binary", "categorical")
ROLES = ("both", "target", "known")
_BYTE = re.compile("[0-9a-f]{2}")


@dataclasses.dataclass(frozen=True)
class Feature:
    """One column of a sequence.

    Attributes:
        name: the column's name, e.g. `"dx"`.
        kind: `"continuous"`, `"binary"` (0 or 1) or `"categorical"` (a class index).
        unit: the unit of a continuous column, e.g. `"tablet units"`.
        role: `"both"` is predicted and fed back, `"target"` is predicted and never an input,
            `"known"` is an input only (calendar, covariates).
        quantum: for a continuous column that lives on a grid, the grid's step; else None.
        classes: for a categorical column, the names of its classes in the order of their index.
        missing: whether values may be missing, which are NaN in events; as an input they are 0,
            with a 1 beside it that says so.
    """

    name: str
    kind: str = "continuous"
    unit: str = ""
    role: str = "both"
    quantum: float | None = None
    classes: tuple[str, ...] = ()
    missing: bool = False

    def __post_init__(self):
        object.__setattr__(self, "classes", tuple(self.classes))
        texts = (self.name, self.unit, *self.classes)
        if not all(isinstance(text, str) for text in texts):
            raise UserError("texts as a column's name, unit and classes", shorten(texts))
        if self.kind not in KINDS:
            raise UserError(f"a feature kind of {', '.join(KINDS)}", repr(self.kind))
        if self.role not in ROLES:
            raise UserError(f"a feature role of {', '.join(ROLES)}", repr(self.role))
        if self.quantum is not None and (self.kind != "continuous" or not self.quantum > 0):
            raise UserError(
                "a quantum above 0, on a continuous column only",
                f"{self.quantum!r} on the {self.kind} column {self.name!r}",
            )
        if (self.kind == "categorical") != bool(self.classes):
            raise UserError(
                "classes on categorical columns, and on those only",
                f"{len(self.classes)} on the {self.kind} column {self.name!r}",
            )

    def __str__(self) -> str:
        parts = [self.kind, self.unit, self.quantum and f"on a grid of {self.quantum:g}"]
        parts += ["values may be missing"] * self.missing
        return f"{self.name} ({', '.join(part for part in parts if part)})"


@dataclasses.dataclass(frozen=True)
class Schema:
    """The columns of a sequence, in order.

    Attributes:
        features: one `Feature` a column.
        end_of_sequence: whether the network also predicts that the sequence ends (a Bernoulli
            of its own, which never shows up as a column outside the network).
    """

    features: tuple[Feature, ...]
    end_of_sequence: bool = False

    def __post_init__(self):
        object.__setattr__(self, "features", tuple(self.features))
        names = [feature.name for feature in self.features]
        if not names or len(set(names)) != len(names):
            raise UserError("at least one column, each with a name of its own", str(names))

    def __len__(self) -> int:
        return len(self.features)

    @property
    def names(self) -> list[str]:
        """The columns' names, in order."""
        return [feature.name for feature in self.features]

    @functools.cached_property
    def text_unit(self) -> str | None:
        """`"char"` or `"byte"` where an event is a character or a byte of a text, else None.

        Such a schema is one categorical column, named `character` with the characters for
        classes, or `byte` with two hexadecimal digits for each.
        """
        if len(self.features) != 1 or self.features[0].kind != "categorical":
            return None
        name, classes = self.features[0].name, self.features[0].classes
        if name == "character" and all(len(each) == 1 for each in classes):
            return "char"
        if name == "byte" and all(_BYTE.fullmatch(each) for each in classes):
            return "byte"
        return None

    @property
    def known(self) -> list[int]:
        """Indices of the columns that are inputs only, in order."""
        return [index for index, each in enumerate(self.features) if each.role == "known"]

    def columns(self, kind: str | None = None, predicted: bool = False) -> list[int]:
        """Indices of the columns of a kind; with `predicted`, without the known ones."""
        return [
            index
            for index, feature in enumerate(self.features)
            if kind in (None, feature.kind) and not (predicted and feature.role == "known")
        ]

    def to_dict(self) -> dict[str, Any]:
        """A dictionary for JSON that `from_dict` takes back."""
        value = dataclasses.asdict(self)
        for feature in value["features"]:
            if not feature["missing"]:  # what earlier versions wrote, and read
                del feature["missing"]
        return value

    @classmethod
    def from_dict(cls, value: dict[str, Any]) -> "Schema":
        """The schema that `to_dict` wrote.

        Raises:
            UserError: if the dictionary is not one that `to_dict` wrote.
        """
        try:
            features = tuple(Feature(**feature) for feature in value["features"])
            return cls(features, bool(value["end_of_sequence"]))
        except (KeyError, TypeError) as error:
            raise UserError("a schema as hachi_tf writes it", f"one without {error}") from error
