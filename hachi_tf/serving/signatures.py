"""The signatures of an export: flat dictionaries of named tensors, the batch always first.

Every tensor has one row a sequence, no row depends on another, and nothing in a row's values can
fail the batch; a wrong shape does, with a message.
"""

import functools
from collections.abc import Callable

import tensorflow as tf

from hachi_tf.samplers.sampler import Sampler
from hachi_tf.samplers.text_sampler import TextSampler

DEFAULT_SIGNATURE = "serving_default"


def make_signatures(sampler: Sampler) -> dict[str, tf.types.experimental.ConcreteFunction]:
    """Closes a sampler into functions that `tf.saved_model.save` takes as signatures.

    With F columns, a state of S numbers and P parameters of the head:

    - `sample` (also `serving_default`): `seed` int32 `[B, 2]`, `num_steps` int32 `[B]`, `bias`
      and `temperature` float32 `[B]` -> `events` float32 `[B, T, F]`, zeros past the end,
      `lengths` int32 `[B]`, `ended` bool `[B]`, `state` float32 `[B, S]`.
    - `continue`: the same with `state` as one more input. Chunks joined equal one `sample`.
    - `log_prob`: `events` float32 `[B, T, F]`, `lengths` int32 `[B]`, `state` -> `log_prob`
      float32 `[B]` and `step_log_prob` float32 `[B, T]` in nats in data units, `state`. Where
      sequences have a learned end, `ended` bool `[B]` is one more input: whether the sequence
      ends with the row's last event. Only so do the scores of a sequence's chunks add up to its
      own score.
    - `sample_primed`: `sample`'s inputs, `prime` float32 `[B, P, F]` and `prime_lengths` int32
      `[B]` -> `sample`'s outputs, for the events after the prime.
    - `step`: `state` (zeros to begin), `event` float32 `[B, F]`, `has_event` bool `[B]`, `seed`,
      `bias`, `temperature` -> `event`, `state`, `ended`, `params` float32 `[B, P]`.

    Of a network that reads a text, each has the input `text` string `[B]`, UTF-8 in normal form
    C; `sample` and `continue` have `style` string `[B]`, empty for none, and `sample_primed` has
    `prime_text` string `[B]`. These three also return `complete` bool `[B]` (the sequence has
    ended and no character was skipped), `position` float32 `[B, T]` (the centre of the window,
    1 at the first character of `text`) and `num_unknown` int32 `[B]` (characters left out since
    the model lacks them). A text limits the steps of a row to some times its average.

    Of a model of text (`TextSampler`), `sample`, `continue`, `sample_primed` and `step` also take
    `top_k` int32 `[B]` (0 for all classes) and `top_p` float32 `[B]` (the nucleus, 1 for all), and
    return `text` string `[B]`, UTF-8, or of a model of bytes `text_bytes`; `sample_primed` has
    `prime_text` string `[B]` in place of `prime` and `prime_lengths`, and `log_prob` has `text`
    in place of `events` and `lengths` and also returns `lengths`. Both return `num_unknown` int32
    `[B]`: what was left out since the model lacks it, or it is no UTF-8. Characters are in normal
    form C.

    Of a `fixable` sampler, `sample`, `continue`, `sample_primed` and `step` have `fixed` float32
    `[B, F]`: columns that are held at these values, in data units, while the others are drawn
    given them; NaN where a column is free.

    Of K known columns, which are inputs only, `sample`, `continue` and `sample_primed` have `known`
    float32 `[B, T, K]`, whose row t is of the t-th event to draw, and which limits `num_steps`;
    `step` has `known` float32 `[B, K]`. In events they stand where the schema has them.

    Args:
        sampler: the sampler; its network must not use cuDNN.

    Returns:
        A traced function a signature.
    """
    functions = {name: trace() for name, trace in make_tracers(sampler).items()}
    return {DEFAULT_SIGNATURE: functions["sample"], **functions}


def make_tracers(
    sampler: Sampler,
) -> dict[str, Callable[[], tf.types.experimental.ConcreteFunction]]:
    """What traces each of the functions of `make_signatures`, when it is called."""
    columns, state_size = len(sampler.schema), sampler.layout.size
    settings = {
        "seed": tf.TensorSpec([None, 2], tf.int32),
        "num_steps": tf.TensorSpec([None], tf.int32),
        "bias": tf.TensorSpec([None], tf.float32),
        "temperature": tf.TensorSpec([None], tf.float32),
    }
    state = {"state": tf.TensorSpec([None, state_size], tf.float32)}
    prime = {
        "prime": tf.TensorSpec([None, None, columns], tf.float32),
        "prime_lengths": tf.TensorSpec([None], tf.int32),
    }
    scored = {
        "events": tf.TensorSpec([None, None, columns], tf.float32),
        "lengths": tf.TensorSpec([None], tf.int32),
        **state,
    }
    if sampler.schema.end_of_sequence:
        scored["ended"] = tf.TensorSpec([None], tf.bool)
    stepped = {
        **state,
        "event": tf.TensorSpec([None, columns], tf.float32),
        "has_event": tf.TensorSpec([None], tf.bool),
        **{name: settings[name] for name in ("seed", "bias", "temperature")},
    }

    text, style = {}, {}
    if sampler.network.conditioned:
        text["text"] = tf.TensorSpec([None], tf.string)
        style["style"] = tf.TensorSpec([None], tf.string)
        prime["prime_text"] = tf.TensorSpec([None], tf.string)
    if isinstance(sampler, TextSampler):
        settings |= {
            "top_k": tf.TensorSpec([None], tf.int32),
            "top_p": tf.TensorSpec([None], tf.float32),
        }
        stepped |= {name: settings[name] for name in ("top_k", "top_p")}
        prime = {"prime_text": tf.TensorSpec([None], tf.string)}
        scored = {"text": tf.TensorSpec([None], tf.string)} | {
            name: spec for name, spec in scored.items() if name not in ("events", "lengths")
        }
    held = {"fixed": tf.TensorSpec([None, columns], tf.float32)} if sampler.fixable else {}
    told = len(sampler.schema.known)
    known = {"known": tf.TensorSpec([None, None, told], tf.float32)} if told else {}
    if told:
        stepped["known"] = tf.TensorSpec([None, told], tf.float32)
    wanted, primed = settings | text | style | held | known, settings | text | held | known | prime

    functions = {
        "sample": (sampler.sample, wanted),
        "continue": (sampler.sample, wanted | state),
        "log_prob": (sampler.log_prob, scored | text),
        "sample_primed": (sampler.sample_primed, primed),
        "step": (sampler.step, stepped | text | held),
    }
    return {name: functools.partial(_trace, name, *each) for name, each in functions.items()}


def _trace(name, function, specs):
    """Traces `function(**tensors)` into one from named tensors to named tensors.

    It returns a `NamedTuple` or a dictionary.
    """

    def traced(*tensors):
        inputs = _checked(dict(zip(specs, tensors, strict=True)), specs)
        outputs = function(**inputs)
        return outputs if isinstance(outputs, dict) else outputs._asdict()

    traced.__name__ = name
    named = [tf.TensorSpec(spec.shape, spec.dtype, name=key) for key, spec in specs.items()]
    return tf.function(traced, autograph=False).get_concrete_function(*named)


def _checked(inputs, specs):
    """The inputs, once it is known at run time that their shapes fit the specs and each other.

    TensorFlow Serving feeds a graph without comparing shapes, and a state of one row would
    silently broadcast to the whole batch.
    """
    rows = tf.stack([tf.shape(tensor)[0] for tensor in inputs.values()])
    message = f"expected as many rows in each of {', '.join(inputs)}; got rows"
    checks = [tf.Assert(tf.reduce_all(rows == rows[0]), [message, rows], summarize=len(inputs))]
    with tf.control_dependencies(checks):
        return {name: tf.ensure_shape(tensor, specs[name].shape) for name, tensor in inputs.items()}
