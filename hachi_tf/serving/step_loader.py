"""The step of an export alone, for live playing: loaded without Keras and the other signatures."""

import hashlib
import os
import pathlib
from typing import Any

import tensorflow as tf

from hachi_tf.errors import UserError
from hachi_tf.schema import Schema
from hachi_tf.serving import manifest, safety
from hachi_tf.serving.model import Model
from hachi_tf.transforms import transform_from_dict

_VALUE = "/.ATTRIBUTES/VARIABLE_VALUE"


def load_step(path: str | os.PathLike) -> Model:
    """Loads what steps an export that reads no text.

    `saved_model.load` rebuilds all signatures, which takes most of the time until a model plays.
    This takes the one call that is the signature `step` out of the graph, and the functions that
    it needs.

    Args:
        path: a version directory, or the directory of the versions, of which the newest is
            loaded.

    Returns:
        A `Model` whose only signature is `step`.

    Raises:
        UserError: if there is no export, or it is damaged, refused, or reads texts.
    """
    path = manifest.find_version(path)
    metadata = manifest.read(path)
    if metadata["network"]["config"].get("alphabet") is not None:
        raise UserError("an export that reads no text, to play live", str(path))
    message = safety.check(path)
    try:
        step = _step_function(message.meta_graphs[0], path)
    except (tf.errors.OpError, LookupError, RuntimeError, ValueError) as error:
        said = f"{type(error).__name__}: {error}"[:300]
        raise UserError("a whole export", f"{path}: {said}", "export again") from error
    model = Model(
        Schema.from_dict(metadata["schema"]),
        {"step": step},
        metadata["max_steps"],
        metadata["state_size"],
        fixable=manifest.is_fixable(metadata),
    )
    model.ranges = transform_from_dict(metadata["transforms"]).ranges()
    return model


def _step_function(meta: Any, path: pathlib.Path) -> Any:
    """A function of the signature's named tensors, over variables with the export's weights."""
    signature = meta.signature_def["step"]
    inputs = {name: info.name for name, info in signature.inputs.items()}
    outputs = {name: info.name for name, info in signature.outputs.items()}
    (called,) = {name.partition(":")[0] for name in outputs.values()}
    (call,) = (node for node in meta.graph_def.node if node.name == called)
    graph = _graph_of(call, meta.graph_def)

    # The call's last inputs are the variables that its function is bound to.
    bound = meta.object_graph_def.concrete_functions[call.attr["f"].func.name].bound_inputs
    variables = dict(zip(call.input[-len(bound) :], _variables(meta, bound, path), strict=True))

    def step(*tensors):
        fed = dict(zip(inputs.values(), tensors, strict=True))
        # A graph takes only tensors of its own in; the identity makes them that.
        fed |= {name: tf.identity(variable.handle) for name, variable in variables.items()}
        found = tf.graph_util.import_graph_def(graph, fed, list(outputs.values()), name="")
        return dict(zip(outputs, found, strict=True))

    specs = [
        tf.TensorSpec(tf.TensorShape(info.tensor_shape), tf.dtypes.as_dtype(info.dtype))
        for info in signature.inputs.values()
    ]
    # Of the public ways to a function from a graph, this one brings those that the graph calls.
    wrapped = tf.compat.v1.wrap_function(step, specs)
    wrapped.weights = list(variables.values())  # else nothing would keep them
    return lambda **tensors: wrapped(*[tensors[name] for name in inputs])


def _graph_of(call: Any, whole: Any) -> Any:
    """A graph of one call and the functions that it needs.

    A process has one space of names for functions, in which those of other exports are too, so
    they get names that only functions of the same graph have.
    """
    functions = {each.signature.name: each for each in whole.library.function}
    digest = hashlib.sha256(whole.SerializeToString(deterministic=True)).hexdigest()[:16]
    graph = tf.compat.v1.GraphDef(versions=whole.versions)
    graph.node.append(call)
    for name in safety.called_functions([call], functions):
        graph.library.function.append(functions[name])
        graph.library.function[-1].signature.name = f"{name}_{digest}"
    nodes = [each for function in graph.library.function for each in function.node_def]
    for node in [*graph.node, *nodes]:
        for value in node.attr.values():
            called = [*value.list.func, *([value.func] if value.HasField("func") else [])]
            for each in called:
                each.name = f"{each.name}_{digest}"
    return graph


def _variables(meta: Any, nodes: Any, path: pathlib.Path) -> list[tf.Variable]:
    """Variables with the weights of saved objects, by their numbers."""
    objects = meta.object_graph_def.nodes
    (weights,) = (each.node_id for each in objects[0].children if each.local_name == "vars")
    names = {each.node_id: each.local_name for each in objects[weights].children}
    reader = tf.train.load_checkpoint(str(path / "variables" / "variables"))
    return [tf.Variable(reader.get_tensor(f"vars/{names[node]}{_VALUE}")) for node in nodes]
