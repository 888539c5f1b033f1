"""Looks through a SavedModel before TensorFlow's loader sees it: a SavedModel is a program.

Its operations may read and write files, and loaders run some of them while loading. So only
operations that the exports of this package use, which compute and nothing else, are let through.
"""

import os
import pathlib
from collections.abc import Iterable, Iterator
from typing import Any

from hachi_tf.errors import UserError

_MAX_BYTES = 256 << 20
# A loader may prefer these to the file that is looked through.
_OTHER_GRAPHS = {"saved_model.pbtxt", "saved_model.cpb"}

# What exports compute with, and its like, for heads of one's own. None of these touches a file, a
# process or the network.
ALLOWED_OPS = frozenset(
    """
    Abs Add AddN AddV2 All Any ArgMax ArgMin Asinh Assert BatchMatMulV2 BiasAdd Bitcast BitwiseAnd
    BitwiseOr BitwiseXor BroadcastArgs BroadcastTo Cast Ceil ClipByValue ConcatV2 Const Cos Cosh
    Cumprod Cumsum DisableCopyOnRead Einsum Elu EnsureShape Equal Erf Erfc Erfinv Exp ExpandDims
    Expm1 Fill Floor FloorDiv FloorMod GatherNd GatherV2 Greater GreaterEqual Identity IdentityN
    If Invert IsFinite IsInf IsNan LeakyRelu LeftShift Less LessEqual Lgamma Log Log1p
    LogSoftmax LogicalAnd LogicalNot LogicalOr LowerBound MatMul MatrixBandPart MatrixDiagV3
    MatrixSetDiagV3 MatrixTriangularSolve Max Maximum Mean Min Minimum Mul Ndtri Neg NoOp
    NotEqual OneHot OnesLike Pack Pad PadV2 PartitionedCall Placeholder Pow Prod
    RaggedTensorToTensor Range Rank ReadVariableOp RealDiv Reciprocal ReduceJoin Relu Reshape
    ReverseSequence ReverseV2 RightShift Round Rsqrt ScatterNd Select SelectV2 Shape Sigmoid
    Sign Sinh Size Slice Softmax Softplus SparseSoftmaxCrossEntropyWithLogits Split SplitV Sqrt
    Square SquaredDifference Squeeze StatefulPartitionedCall StatelessIf StatelessWhile
    StopGradient StridedSlice StringJoin Sub Sum Tanh TensorListElementShape
    TensorListFromTensor TensorListGather TensorListGetItem TensorListLength TensorListReserve
    TensorListSetItem TensorListStack TensorScatterUpdate Tile TopKV2 Transpose UnicodeDecode
    Unpack UnsortedSegmentSum VarHandleOp Where While ZerosLike
    """.split()
)
# What the saver needs besides, which TF1's and the C++ loader run to fill the variables, ...
_RESTORE_OPS = ALLOWED_OPS | {"AssignVariableOp", "RestoreV2"}
# ... and what nobody runs while loading or serving.
_SAVE_OPS = ALLOWED_OPS | {
    "MergeV2Checkpoints",
    "SaveV2",
    "ShardedFilename",
    "StaticRegexFullMatch",
    "StringJoin",
}
# Objects that TensorFlow's Python loader rebuilds for an export.
_OBJECTS = {"user_object", "variable", "bare_concrete_function", "function"}
_USER_OBJECTS = {"_generic_user_object", "trackable_list_wrapper", "signature_map"}


def check(version_dir: str | os.PathLike) -> Any:
    """Refuses an export that could do more than compute.

    Args:
        version_dir: the folder with `saved_model.pb`.

    Returns:
        The protobuf message in it.

    Raises:
        UserError: if a file is missing, cut short, too large or a link out of the folder, or
            if the graph holds an operation or an object that our exports do not use.
    """
    version_dir = pathlib.Path(version_dir)
    check_files(version_dir)
    message = read_graph(version_dir)
    check_graph(message)
    return message


def check_files(version_dir: pathlib.Path) -> None:
    """Refuses links out of the folder and graphs in other formats.

    Raises:
        UserError: if there is one.
    """
    root = version_dir.resolve()
    for path in sorted(root.rglob("*")):
        if not path.resolve().is_relative_to(root):
            raise UserError(f"no links out of the export {version_dir}", path.name)
        if path.name in _OTHER_GRAPHS:
            raise UserError(f"saved_model.pb as the only graph in {version_dir}", path.name)
        if not (path.is_file() or path.is_dir()):
            raise UserError(f"only files and folders in the export {version_dir}", path.name)


def read_graph(version_dir: pathlib.Path) -> Any:
    """The protobuf message in `saved_model.pb`, without TensorFlow's loader.

    Raises:
        UserError: if it is missing, too large or no such message.
    """
    from google.protobuf.message import DecodeError
    from tensorflow.core.protobuf import saved_model_pb2

    path = pathlib.Path(version_dir, "saved_model.pb")
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise UserError(f"a graph of at most {_MAX_BYTES} bytes", str(path))
        message = saved_model_pb2.SavedModel.FromString(path.read_bytes())
    except (OSError, DecodeError) as error:
        raise UserError(f"a whole SavedModel in {path}", str(error), "export again") from error
    if len(message.meta_graphs) != 1:
        raise UserError(f"a SavedModel with one graph in {path}", str(len(message.meta_graphs)))
    return message


def check_graph(message: Any) -> None:
    """Refuses a SavedModel message that could do more than compute.

    Raises:
        UserError: if it holds an operation or an object that our exports do not use.
    """
    (meta,) = message.meta_graphs
    nodes = {node.name: node for node in meta.graph_def.node}
    functions = {each.signature.name: each.node_def for each in meta.graph_def.library.function}
    save, restore = _node(meta.saver_def.save_tensor_name), _node(meta.saver_def.restore_op_name)

    # Whatever is not only the saver's may be run at any time.
    roots = set(nodes) - {save, restore}
    for signature in meta.signature_def.values():
        roots |= {_node(info.name) for info in signature.outputs.values()}
    for collection in meta.collection_def.values():
        roots |= {_node(name) for name in collection.node_list.value}
    called = [nodes[name] for name in _ancestors(nodes, roots)]
    kept = set(meta.object_graph_def.concrete_functions)
    _check_ops(_reachable(called, functions, kept), ALLOWED_OPS)
    for name, allowed in ((restore, _RESTORE_OPS), (save, _SAVE_OPS)):
        called = [nodes[each] for each in _ancestors(nodes, {name})]
        _check_ops(_reachable(called, functions), allowed)
    for definition in functions.values():
        _check_ops(definition, _RESTORE_OPS | _SAVE_OPS)
    _check_objects(meta.object_graph_def)


def _check_ops(nodes: Iterable[Any], allowed: frozenset[str] | set[str]) -> None:
    refused = sorted({node.op for node in nodes} - allowed)
    if refused:
        raise UserError(
            "an export that only computes",
            f"the operation {', '.join(refused)} in its graph",
            "load it only where you would run a program of the same origin",
        )


def _check_objects(graph: Any) -> None:
    for node in graph.nodes:
        kind = node.WhichOneof("kind")
        identifier = node.user_object.identifier if kind == "user_object" else ""
        known = kind in _OBJECTS and (not identifier or identifier in _USER_OBJECTS)
        if not known or node.registered_name or node.registered_saver or node.saveable_objects:
            raise UserError(
                "an export as hachi_tf writes it",
                f"a saved object of kind {identifier or node.registered_name or kind}",
            )


def _node(name: str) -> str:
    """The node's name in the name of a tensor or a control input."""
    return name.removeprefix("^").split(":")[0]


def _ancestors(nodes: dict[str, Any], roots: Iterable[str]) -> set[str]:
    """The nodes that must run for the roots to run, the roots among them."""
    found, waiting = set(), [name for name in roots if name in nodes]
    while waiting:
        name = waiting.pop()
        if name in nodes and name not in found:
            found.add(name)
            waiting += [_node(each) for each in nodes[name].input]
    return found


def called_functions(nodes: Iterable[Any], functions: dict[str, Any]) -> set[str]:
    """Names of the functions that nodes call, of those that they call, and so on.

    Args:
        nodes: of a graph.
        functions: the graph's functions (`FunctionDef`) by name.
    """
    found: set[str] = set()
    waiting = [name for node in nodes for name in _called(node)]
    while waiting:
        name = waiting.pop()
        if name in functions and name not in found:
            found.add(name)
            waiting += [each for node in functions[name].node_def for each in _called(node)]
    return found


def _reachable(
    nodes: Iterable[Any], functions: dict[str, Any], roots: Iterable[str] = ()
) -> Iterator[Any]:
    """The nodes, those of the functions that they call, and so on."""
    found, waiting = set(), list(roots)
    for node in nodes:
        yield node
        waiting += _called(node)
    while waiting:
        name = waiting.pop()
        if name in functions and name not in found:
            found.add(name)
            for node in functions[name]:
                yield node
                waiting += _called(node)


def _called(node: Any) -> Iterator[str]:
    """Names of the functions in a node's attributes."""
    for value in node.attr.values():
        if value.HasField("func"):
            yield value.func.name
        for each in value.list.func:
            yield each.name
