"""The schema, the fitted transforms and the network of a run."""

import dataclasses
from typing import Any, NamedTuple

import keras
import numpy as np

from hachi_tf.errors import UserError
from hachi_tf.layers.heads import head_to_dict, make_head
from hachi_tf.models import network_class, network_from_dict, network_to_dict
from hachi_tf.models.growth import is_grown
from hachi_tf.schema import Schema
from hachi_tf.training.run_directory import RunDirectory
from hachi_tf.transforms import Transform, transform_from_dict, transform_to_dict


class Built(NamedTuple):
    """What training starts from.

    Attributes:
        transforms: fitted, from data units to network space.
        network: the Keras network, built; `network.schema` is the run's schema.
    """

    transforms: Transform
    network: Any


def run_schema(config: Any, source: Any) -> Schema:
    """The source's columns, with an end of sequence if it is to be learned."""
    ends = config.end_of_sequence and source.independent
    return dataclasses.replace(source.schema, end_of_sequence=ends)


class Wanted(NamedTuple):
    """The data that a network reads.

    Attributes:
        schema: their columns.
        scale: of the lines that the network knows, if it was trained on lines before.
        reads_text: whether a text goes with each sequence.
    """

    schema: Schema
    scale: dict[str, float] | None
    reads_text: bool


def wanted_data(
    config: Any, source: Any, initial: Any = None, description: dict[str, Any] | None = None
) -> Wanted:
    """What a run's network reads.

    Args:
        config: the flags.
        source: what it learns from.
        initial: None, or something with `network` and `trained_on` that it starts from.
        description: of the run that goes on, if one does.
    """
    if description is not None:
        kind = network_class(description["network"]["network"])
        schema = Schema.from_dict(description["schema"])
        return Wanted(schema, description["data"].get("scale"), kind.conditioned)
    schema = run_schema(config, source)
    if initial is None:
        return Wanted(schema, None, network_class(config.network).conditioned)
    scale = initial.trained_on.get("scale")
    features = initial.network.schema.features if scale else schema.features
    schema = dataclasses.replace(schema, features=features)
    return Wanted(schema, scale, initial.network.conditioned)


def text_options(config: Any, train: Any) -> dict[str, Any]:
    """What a network that reads texts is told of them; empty for any other."""
    if not network_class(config.network).conditioned:
        return {}
    characters = sum(map(len, train.texts))
    return {
        "alphabet": "".join(sorted(set().union(*train.texts))),
        "window_components": config.window_components,
        "events_per_character": round(float(np.sum(train.lengths)) / characters, 2),
    }


def build_new(config: Any, source: Any, train: Any) -> Built:
    """A new network for a source, its transforms fitted on the training split.

    Args:
        config: the flags (`hachi_tf.train.TrainConfig`).
        source: what it learns from.
        train: the training split, a `Dataset`.
    """
    schema = run_schema(config, source)
    keras.utils.set_random_seed(config.seed)
    network = network_class(config.network)(
        schema,
        make_head(schema, config.head or source.default_head or None, config.mixtures),
        num_layers=config.layers,
        hidden_size=config.hidden_size,
        cell=config.cell,
        dropout=config.dropout,
        clip_derivatives=config.clip_limits(),
        precision=config.precision,
        **text_options(config, train),
    )
    network.build()
    if schema.end_of_sequence:
        _make_end_rare(network, train)
    # As the network reads them: in the middle of their cell, where a column lives on a grid.
    middle = np.float32([0.5 * (feature.quantum or 0.0) for feature in schema.features])
    events = (each + middle for each in train) if middle.any() else train
    return Built(source.default_transforms().fit(events), network)


def build_from(config: Any, schema: Schema, initial: Any, train: Any) -> Built:
    """The network and transforms of a trained model, to train on.

    A network that reads a text learns the characters that it lacks, and so does one of text,
    which may also begin or cease to learn where sequences end.

    Args:
        config: the flags, whose training flags (dropout, clipping, precision) are taken.
        schema: the columns of what it will learn from.
        initial: something with `network` and `transforms`.
        train: the training split.

    Raises:
        UserError: if the model is one of other columns.
    """
    wanted, got = schema, initial.network.schema
    grows = is_grown(wanted, got)
    if not grows and wanted.features != got.features:
        raise UserError(
            f"--init_from a model of {', '.join(map(str, wanted.features))}",
            ", ".join(map(str, got.features)),
            "name a model that was trained on data of the same kind and unit",
        )
    if not grows and wanted != got:
        raise UserError(
            f"--init_from a model that did {'' if wanted.end_of_sequence else 'not '}learn where "
            "sequences end",
            "another one",
            f"add --{'no' if wanted.end_of_sequence else ''}end_of_sequence",
        )
    described = network_to_dict(initial.network)
    described["config"] |= {
        "precision": config.precision,
        "dropout": config.dropout,
        "clip_derivatives": config.clip_limits(),
    }
    if initial.network.conditioned:
        characters = set(initial.network.alphabet).union(*train.texts)
        described["config"]["alphabet"] = "".join(sorted(characters))
    if grows:
        head = make_head(wanted, config.head or None, config.mixtures)
        described["config"] |= {"schema": wanted.to_dict(), "head": head_to_dict(head)}
    keras.utils.set_random_seed(config.seed)
    network = network_from_dict(described)
    network.build()
    if wanted.end_of_sequence and not got.end_of_sequence:
        kernel = network.output_layer.kernel.numpy()
        kernel[:, -1] = 0.0
        network.output_layer.kernel.assign(kernel)
        _make_end_rare(network, train)
    network.adopt(initial.network)
    return Built(initial.transforms, network)


def _make_end_rare(network: Any, train: Any) -> None:
    """Sets the bias of a new end.

    The end comes once a sequence: a network that first has to learn that it is rare would for
    long end too soon.
    """
    bias = network.output_layer.bias.numpy()
    bias[-1] = -np.log(max(float(np.mean(train.lengths)), 2.0) - 1.0)
    network.output_layer.bias.assign(bias)


def describe_run(
    config: Any, source: Any, built: Built, scale: dict[str, float] | None, initial: Any = None
) -> dict[str, Any]:
    """The contents of a run's `schema.json`.

    Args:
        config: the flags.
        source: what it learns from.
        built: its transforms and network.
        scale: of its lines, if it learns from lines.
        initial: None, or something with `trained_on` that it started from.
    """
    keys = ("source", "licence", "credit", "init_from")
    origin = initial and {key: initial.trained_on[key] for key in keys if key in initial.trained_on}
    windows = {"context": config.context, "horizon": config.horizon} if config.context else {}
    return {
        "schema": built.network.schema.to_dict(),
        "transforms": transform_to_dict(built.transforms),
        "network": network_to_dict(built.network),
        "data": {
            "source": config.source,
            "validation_fraction": config.validation_fraction,
            "fingerprint": source.fingerprint(),
            "renderer": source.renderer,
            "licence": source.licence,
            "credit": source.credit,
            **({"scale": scale} if scale else {}),
            **windows,
            **({"init_from": origin} if origin else {}),
        },
    }


def build_again(source: Any, schema: Schema, directory: RunDirectory) -> Built:
    """The network and transforms of a run that goes on; its weights are in a checkpoint.

    Args:
        source: what it learns from.
        schema: the columns of its data.
        directory: of the run.

    Raises:
        UserError: if the data are not those that the run was trained on.
    """
    description = directory.description()
    if Schema.from_dict(description["schema"]) != schema:
        raise UserError(
            f"data with the columns that {directory.schema} names",
            ", ".join(map(str, schema.features)),
            "name a new --run_dir",
        )
    if description["data"].get("fingerprint") != source.fingerprint():
        raise UserError(
            f"the data that {directory.path} was trained on",
            "other files or options",
            "name the same --data, or a new --run_dir",
        )
    network = network_from_dict(description["network"])
    network.build()
    return Built(transform_from_dict(description["transforms"]), network)
