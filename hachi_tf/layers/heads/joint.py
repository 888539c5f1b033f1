"""The head of a whole schema: independent blocks of columns, and the end of the sequence."""

from collections.abc import Mapping, Sequence
from typing import Any

import tensorflow as tf

from hachi_tf import options as options_lib
from hachi_tf.errors import UserError
from hachi_tf.layers.heads import HEADS
from hachi_tf.layers.heads.bernoulli import Bernoulli
from hachi_tf.layers.heads.head import Head
from hachi_tf.schema import Schema

_DEFAULT_HEADS = {
    "continuous": "gaussian_mixture",
    "binary": "bernoulli",
    "categorical": "categorical",
}


class JointHead(Head):
    """Independent heads, each over some of the columns.

    Parameters and noise are the blocks' own, one after the other in their order; with
    `end_of_sequence` one more logit and one more number come last, and one more column, which is 1
    at the event after which the sequence ends.

    A NaN in an event is a missing value: `log_prob` leaves its block out, or what the block's
    head leaves out of it.

    Args:
        blocks: pairs of columns (indices of the event) and the head that models them together.
        end_of_sequence: whether to model the end, by a Bernoulli on which neither bias nor
            temperature acts.

    Raises:
        UserError: if the columns are not each of 0, 1, ... exactly once.
    """

    kind = "joint"

    def __init__(self, blocks: Sequence[tuple[Sequence[int], Head]], end_of_sequence: bool = False):
        self.blocks = [(tuple(columns), head) for columns, head in blocks]
        self.end_of_sequence = end_of_sequence
        self._parts = list(self.blocks)
        order = [index for columns, _ in self.blocks for index in columns]
        if not order or sorted(order) != list(range(len(order))):
            raise UserError("blocks that cover each column once", str(order))
        for columns, head in self.blocks:
            if len(columns) != head.event_size:
                raise UserError(f"{head.event_size} columns for a block", str(len(columns)))
        if end_of_sequence:
            self._parts.append(((len(order),), Bernoulli()))
            order.append(len(order))
        self._order = order
        self._inverse = [order.index(index) for index in range(len(order))]
        heads = [head for _, head in self._parts]
        self._params_sizes = [head.params_size for head in heads]
        self._noise_sizes = [head.noise_size for head in heads]
        self.params_size = sum(self._params_sizes)
        self.noise_size = sum(self._noise_sizes)
        self.event_size = len(order)

    def log_prob(self, params, events):
        """See `Head.log_prob`; the sum over the blocks that are not missing."""
        total = 0.0
        for part in self.log_probs(params, events):
            total += part
        return total

    def log_probs(self, params: tf.Tensor, events: tf.Tensor) -> list[tf.Tensor]:
        """The blocks' log probabilities, each `[...]`, the end's last; 0 where missing."""
        parts = []
        events = tf.cast(events, tf.float32)
        for (columns, head), own in zip(self._parts, self._split_params(params), strict=True):
            event = tf.gather(events, columns, axis=-1)
            if head.handles_missing:
                parts.append(head.log_prob(own, event))
                continue
            missing = tf.math.is_nan(event)
            log_prob = head.log_prob(own, tf.where(missing, 0.0, event))
            parts.append(tf.where(tf.reduce_any(missing, axis=-1), 0.0, log_prob))
        return parts

    @property
    def truncates(self) -> bool:
        """Whether any block takes `top_k` and `top_p`; only such blocks get them."""
        return any(head.truncates for _, head in self.blocks)

    def sample(self, params, noise, bias=0.0, temperature=1.0, fixed=None, **truncation):
        """See `Head.sample`; neither bias nor temperature acts on the end."""
        events = []
        split_noise = _split(noise, self._noise_sizes)
        parts = zip(self._parts, self._split_params(params), split_noise, strict=True)
        for index, ((columns, head), own, own_noise) in enumerate(parts):
            settings = {"bias": bias, "temperature": temperature}
            settings = settings if index < len(self.blocks) else {}
            if fixed is not None:
                settings["fixed"] = tf.gather(fixed, columns, axis=-1)
            if head.truncates:
                settings |= truncation
            events.append(head.sample(own, own_noise, **settings))
        joined = events[0] if len(events) == 1 else tf.concat(events, axis=-1)
        return self._in_column_order(joined)

    def distribution(self, params, bias=0.0, temperature=1.0) -> Any:
        """See `Head.distribution`; a `tfd.Blockwise`, which knows no missing values."""
        import tensorflow_probability as tfp

        parts = []
        for index, own in enumerate(self._split_params(params)):
            settings = (bias, temperature) if index < len(self.blocks) else ()
            parts.append(self._parts[index][1].distribution(own, *settings))
        joint = tfp.distributions.Blockwise(parts)
        if self._order == self._inverse == list(range(self.event_size)):
            return joint
        return tfp.bijectors.Permute(self._inverse)(joint)

    def mean(self, params):
        """See `Head.mean`."""
        own = self._split_params(params)
        means = [head.mean(part) for (_, head), part in zip(self._parts, own, strict=True)]
        return self._in_column_order(tf.concat(means, axis=-1))

    def get_config(self):
        """See `Head.get_config`."""
        blocks = [[list(columns), head_to_dict(head)] for columns, head in self.blocks]
        return {"blocks": blocks, "end_of_sequence": self.end_of_sequence}

    @classmethod
    def from_config(cls, config):
        """See `Head.from_config`."""
        blocks = [(columns, head_from_dict(head)) for columns, head in config["blocks"]]
        return cls(blocks, config["end_of_sequence"])

    def _split_params(self, params: tf.Tensor) -> list[tf.Tensor]:
        return _split(tf.cast(params, tf.float32), self._params_sizes)

    def _in_column_order(self, events: tf.Tensor) -> tf.Tensor:
        if self._inverse == list(range(self.event_size)):
            return events
        return tf.gather(events, self._inverse, axis=-1)


def _split(values: tf.Tensor, sizes: list[int]) -> list[tf.Tensor]:
    """Columns of `[..., N]` by so many; each operation counts in a loop of one-row steps."""
    return [values] if len(sizes) == 1 else tf.split(values, sizes, axis=-1)


def make_head(schema: Schema, options: str | None = None, num_components: int = 20) -> JointHead:
    """The head of a schema's predicted columns.

    One block for the continuous columns together, then one for each binary and one for each
    categorical column; or with `coupling='mixture'` one block for all of them.

    Args:
        schema: the columns.
        options: a head in place of the default for the columns of its kind, e.g.
            `"gaussian_mixture(num_components=8, covariance='diag')"`, or
            `"gaussian_mixture(coupling='mixture')"` for one head over all; None for the defaults.
        num_components: of mixtures, unless the options say otherwise.

    Returns:
        The head; its events are the predicted columns in order, then the end if the schema has
        one.

    Raises:
        UserError: if there is no such head, or no column for it.
    """
    features = [feature for feature in schema.features if feature.role != "known"]
    if not features:
        raise UserError("at least one column to predict", "known columns only")
    of_kind = {
        kind: [index for index, feature in enumerate(features) if feature.kind == kind]
        for kind in _DEFAULT_HEADS
    }
    chosen = {kind: options_lib.Options(name) for kind, name in _DEFAULT_HEADS.items()}
    if options:
        parsed = options_lib.parse(options)
        if parsed.kwargs.get("coupling") == "mixture" and len(of_kind["continuous"]) < len(
            features
        ):
            parsed = _coupled(parsed)
        kind = options_lib.resolve(parsed.name, HEADS, "head").kind
        if kind == "mixed":
            given = {
                "num_dims": len(of_kind["continuous"]),
                "num_binary": len(of_kind["binary"]),
                "classes": tuple(len(features[i].classes) for i in of_kind["categorical"]),
            }
            columns = [index for kind in _DEFAULT_HEADS for index in of_kind[kind]]
            blocks = [(columns, _build(parsed, given, num_components))]
            return JointHead(blocks, schema.end_of_sequence)
        if not of_kind[kind]:
            kinds = sorted({feature.kind for feature in features})
            raise UserError(
                f"a head for {' or '.join(kinds)} columns",
                f"{parsed.name}, which is for {kind} ones",
            )
        chosen[kind] = parsed
    blocks = []
    if of_kind["continuous"]:
        given = {"num_dims": len(of_kind["continuous"])}
        head = _build(chosen["continuous"], given, num_components)
        blocks.append((of_kind["continuous"], head))
    for kind in ("binary", "categorical"):
        for index in of_kind[kind]:
            given = {"num_classes": len(features[index].classes)} if kind == "categorical" else {}
            blocks.append(([index], _build(chosen[kind], given, num_components)))
    return JointHead(blocks, schema.end_of_sequence)


def head_to_dict(head: Head) -> dict[str, Any]:
    """A head's name in `HEADS` (or `"joint"`) and its configuration, ready for JSON.

    Raises:
        UserError: if the head is not in `HEADS`.
    """
    if type(head) is JointHead:
        return {"name": "joint", "config": head.get_config()}
    for name in HEADS:
        if options_lib.resolve(name, HEADS, "head") is type(head):
            return {"name": name, "config": head.get_config()}
    raise UserError("a head that is in HEADS", type(head).__name__, "register it")


def head_from_dict(value: Mapping[str, Any]) -> Head:
    """The head that `head_to_dict` wrote.

    Raises:
        UserError: if the dictionary is not one that `head_to_dict` wrote.
    """
    try:
        if value["name"] == "joint":
            return JointHead.from_config(value["config"])
        return options_lib.resolve(value["name"], HEADS, "head").from_config(value["config"])
    except (KeyError, TypeError, ValueError) as error:
        raise UserError("a head as hachi_tf writes it", f"one that lacks or adds {error}") from None


def _build(options: options_lib.Options, given: dict[str, Any], num_components: int) -> Head:
    """A block's head, with what the schema and the flags say about it."""
    parameters, _ = options_lib.accepted(options_lib.resolve(options.name, HEADS, "head"))
    if "num_components" in parameters and "num_components" not in options.kwargs:
        kwargs = {"num_components": num_components, **options.kwargs}
        options = options_lib.Options(options.name, kwargs)
    return options_lib.construct(options, HEADS, "head", **given)


def _coupled(options: options_lib.Options) -> options_lib.Options:
    """`gaussian_mixture(coupling='mixture', ...)` as the head over all columns."""
    options_lib.construct(options, HEADS, "head")  # whatever else is wrong with it
    kwargs = {key: value for key, value in options.kwargs.items() if key != "coupling"}
    return options_lib.Options("event_mixture", kwargs)
