"""Writing a network as a SavedModel version directory, and loading one.

An export holds the graph of the signatures, the weights, and `assets/hachi.json` with everything
that describes it. TensorFlow alone serves it: hachi_tf is not needed to load it.
"""

import contextlib
import functools
import logging
import os
import pathlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import keras
import tensorflow as tf

from hachi_tf.alphabet import Alphabet
from hachi_tf.errors import UserError
from hachi_tf.files import atomic_path
from hachi_tf.models import network_from_dict, network_to_dict
from hachi_tf.samplers.reading import Style
from hachi_tf.samplers.text_sampler import make_sampler
from hachi_tf.schema import Schema
from hachi_tf.serving import manifest, openapi, safety, warmup
from hachi_tf.serving.model import Model
from hachi_tf.serving.signatures import make_signatures, make_tracers
from hachi_tf.serving.text_model import TextModel
from hachi_tf.transforms import Transform, transform_from_dict, transform_to_dict


class LoadedModel(Model):
    """An export, loaded.

    Attributes:
        path: the version directory.
        metadata: what `assets/hachi.json` holds.
        transforms: from data units to the network's.
    """

    def __init__(self, path: pathlib.Path, metadata: dict[str, Any], loaded: Any):
        schema, signatures = Schema.from_dict(metadata["schema"]), dict(loaded.signatures)
        super().__init__(
            schema,
            signatures,
            metadata["max_steps"],
            metadata["state_size"],
            _alphabet(metadata["network"]),
            {each["name"]: each["text"] for each in metadata.get("styles", [])},
            metadata.get("data", {}).get("scale"),
            manifest.is_fixable(metadata),
        )
        self.path, self.metadata = path, metadata
        self._loaded = loaded  # the signatures hold its variables only weakly
        self.transforms = transform_from_dict(metadata["transforms"])
        self.ranges = self.transforms.ranges()

    def network(self) -> keras.Model:
        """A new Keras network with the export's weights, to train on.

        Raises:
            UserError: if the weights do not fit the network that the export describes.
        """
        return load_network(self.path)


class LoadedTextModel(LoadedModel, TextModel):
    """The export of a model of text, loaded."""


def in_memory(
    network: Any,
    transforms: Transform,
    schema: Schema,
    max_steps: int,
    scale: dict[str, float] | None = None,
    fixable: bool = False,
) -> Model:
    """The `Model` that exporting and loading the network would give, without the files.

    What a signature does is traced when it is first called.

    Args:
        network: a built network.
        transforms: from data units to the network's.
        schema: the columns.
        max_steps: the most events that one call draws for a row.
        scale: the measures of the training data's lines, if it has lines.
        fixable: whether columns may be held fixed while others are drawn; not beside a text.
    """
    sampler = make_sampler(_for_inference(network), transforms, schema, max_steps, fixable=fixable)
    signatures = {name: _by_name(trace) for name, trace in make_tracers(sampler).items()}
    alphabet = _alphabet(network_to_dict(network))
    size = sampler.layout.size
    kind = Model if schema.text_unit is None else TextModel
    model = kind(schema, signatures, max_steps, size, alphabet, None, scale, fixable)
    model.ranges = transforms.ranges()
    return model


def export(
    network: Any,
    transforms: Transform,
    schema: Schema,
    export_dir: str | os.PathLike,
    max_steps: int,
    metadata: dict[str, Any] | None = None,
    styles: Sequence[Style] = (),
    fixable: bool = False,
) -> pathlib.Path:
    """Writes the next version of an export.

    It is written aside and renamed in, so that a server which watches the directory never sees
    a part of it. Weights are stored once, in float32, whatever the network was trained in.

    Args:
        network: a built network.
        transforms: fitted, from data units to the network's.
        schema: the columns.
        export_dir: the directory of the versions.
        max_steps: the most events that one call draws for a row.
        metadata: more keys for `hachi.json`, e.g. `name`, `metrics` and `data`, ready for JSON;
            without paths, hosts and user names.
        styles: ways of writing that a text can be asked for in, by name.
        fixable: whether columns may be held fixed while others are drawn; not beside a text.

    Returns:
        The version directory, `export_dir/<version>`.

    Raises:
        UserError: if the directory cannot be written to, or the graph would be refused by
            `load`, e.g. because of an operation in a head of one's own.
    """
    frozen = _for_inference(network)
    options = {"styles": styles, "fixable": fixable}
    sampler = make_sampler(frozen, transforms, schema, max_steps, **options)
    signatures = make_signatures(sampler)
    description = {
        **(metadata or {}),
        **manifest.versions(),
        "schema": schema.to_dict(),
        "transforms": transform_to_dict(transforms),
        "network": network_to_dict(network),
        "variables": [
            {"name": weight.path, "shape": list(weight.shape)} for weight in network.weights
        ],
        "num_weights": network.count_params(),
        "max_steps": max_steps,
        "state_size": sampler.layout.size,
        "styles": manifest.describe_styles(styles),
        "signatures": manifest.describe_signatures(signatures),
    }
    text = manifest.to_text(description)
    # A module that held Keras objects would not load in TF1's and the C++ loader
    # (keras-team/keras#19274).
    module = tf.Module()
    module.vars = [weight.value for weight in frozen.weights]
    options = tf.saved_model.SaveOptions(experimental_custom_gradients=False)
    target = pathlib.Path(export_dir, str(max(manifest.version_numbers(export_dir), default=0) + 1))
    with atomic_path(target) as path:
        with _quiet():
            tf.saved_model.save(module, str(path), signatures=signatures, options=options)
        safety.check(path)
        manifest.write(path, text)
        warmup.write(path, description)
        openapi.write(path, description)
    return target


def load(path: str | os.PathLike) -> LoadedModel:
    """Loads an export to sample, step and score with.

    A SavedModel is a program, so the graph is looked through before TensorFlow's loader sees it,
    and refused if it holds an operation that our exports do not use.

    Args:
        path: a version directory, or the directory of the versions, of which the newest is
            loaded.

    Returns:
        A `LoadedModel`, of a model of text a `LoadedTextModel`.

    Raises:
        UserError: if there is no export, or it is damaged or refused.
    """
    path = manifest.find_version(path)
    metadata = manifest.read(path)
    safety.check(path)
    try:
        with _quiet():
            loaded = tf.saved_model.load(str(path))
    except Exception as error:  # TensorFlow's loader raises whatever its parts raise.
        raise UserError("a whole export", f"{path}: {error}", "export again") from error
    missing = set(metadata["signatures"]) - set(loaded.signatures)
    if missing:
        raise UserError(f"the signatures {', '.join(sorted(missing))} in {path}", "none of them")
    of_text = Schema.from_dict(metadata["schema"]).text_unit is not None
    return (LoadedTextModel if of_text else LoadedModel)(path, metadata, loaded)


def load_network(path: str | os.PathLike) -> keras.Model:
    """The Keras network of an export with its weights; no graph of the export is run.

    Args:
        path: as for `load`.

    Raises:
        UserError: if there is no export, or its weights do not fit the network it describes.
    """
    path = manifest.find_version(path)
    metadata = manifest.read(path)
    network = network_from_dict(metadata["network"])
    network.build()
    checkpoint = str(path / "variables" / "variables")
    try:
        reader = tf.train.load_checkpoint(checkpoint)
        weights = [
            reader.get_tensor(f"vars/{index}/.ATTRIBUTES/VARIABLE_VALUE")
            for index in range(len(network.weights))
        ]
        network.set_weights(weights)
    except (tf.errors.OpError, LookupError, RuntimeError, ValueError) as error:
        raise UserError(f"weights of the network that {path} describes", str(error)) from error
    return network


def _alphabet(network: dict[str, Any]) -> Alphabet | None:
    """The characters that a network, described for JSON, can write."""
    characters = network["config"].get("alphabet")
    return None if characters is None else Alphabet(characters)


def _for_inference(network: Any) -> Any:
    """A copy of the network in float32 and without cuDNN, whose graph runs everywhere."""
    description = network_to_dict(network)
    copy = network_from_dict(description | {"config": description["config"] | _INFERENCE})
    copy.build()
    copy.set_weights(network.get_weights())
    for layer in copy._flatten_layers():
        if hasattr(layer, "use_cudnn"):
            layer.use_cudnn = False
    return copy


_INFERENCE = {"precision": "float32", "dropout": 0.0, "clip_derivatives": None}


def _by_name(trace: Callable[[], Any]) -> Callable[..., dict[str, tf.Tensor]]:
    """Takes arguments by name; TensorFlow's own way costs a millisecond a call."""

    @functools.cache
    def traced():
        with tf.init_scope():  # not into a graph that calls it
            function = trace()
        return function, [spec.name for spec in function.structured_input_signature[0]]

    def call(**tensors):
        function, names = traced()
        return function(*[tensors[name] for name in names])

    return call


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keeps TensorFlow's remarks about saving and loading to itself, errors excepted."""
    loggers = [tf.get_logger(), logging.getLogger("absl")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
