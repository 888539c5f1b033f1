"""The one grammar for things with settings: `name` or `name(key=literal, ...)`.

Sources, heads and operations are all chosen this way, e.g. `--source="text(unit='byte')"`. The
text is parsed with `ast` and never evaluated; values are numbers, strings, booleans, None, and
tuples, lists and dictionaries (with strings as keys) of those.
"""

import ast
import dataclasses
import difflib
import importlib
import inspect
import math
import re
import types
import typing
import warnings
from collections.abc import Callable, Mapping
from typing import Any

from hachi_tf.errors import UserError, shorten

_MAX_LENGTH = 10_000  # characters
_MAX_DEPTH = 16  # nested containers
_MAX_INTEGER = 2**63
_SAYING = {"true": True, "false": False, "none": None}  # words, in any letters
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
_GRAMMAR = "name(key=literal, ...), e.g. gaussian_mixture(num_components=20)"


@dataclasses.dataclass(frozen=True)
class Options:
    """A name and its settings, as written in `name(key=literal, ...)`.

    Attributes:
        name: what is asked for, e.g. `"gaussian_mixture"`.
        kwargs: its settings, e.g. `{"num_components": 20}`.
    """

    name: str
    kwargs: dict[str, Any] = dataclasses.field(default_factory=dict, hash=False)


def parse(text: str) -> Options:
    """Reads `name` or `name(key=literal, ...)`.

    Args:
        text: what a person wrote; at most 10,000 characters.

    Returns:
        The name and the settings.

    Raises:
        UserError: if the text is anything else.
    """
    return _options(_tree(text, "eval").body, text)


def parse_list(text: str) -> list[Options]:
    """Reads several of them, `a(key=literal), b` or `a(key=literal); b`, as operations are chosen.

    A bare word is a string here, `axis=time`, or what it says in any letters: `true`, `NONE`.

    Args:
        text: what a person wrote; at most 10,000 characters; empty for none.

    Returns:
        Names and settings in the order in which they stand.

    Raises:
        UserError: if the text is anything else.
    """
    nodes: list[ast.expr] = []
    for statement in _tree(text, "exec").body:
        node = statement.value if isinstance(statement, ast.Expr) else ast.Name("")
        nodes += node.elts if isinstance(node, ast.Tuple | ast.List) else [node]
    return [_options(node, text, words=True) for node in nodes]


def _tree(text: str, mode: str) -> Any:
    """The syntax tree of a text."""
    if not isinstance(text, str) or len(text) > _MAX_LENGTH:
        raise UserError(f"{_GRAMMAR}, in at most {_MAX_LENGTH} characters", shorten(text))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # such as "invalid escape sequence"
            return ast.parse(text.strip(), mode=mode)
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        raise UserError(_GRAMMAR, shorten(text), "check quotes and parentheses") from None


def _options(node: ast.expr, text: str, words: bool = False) -> Options:
    """The options that a syntax tree says."""
    keywords = []
    if isinstance(node, ast.Call):
        if node.args:
            raise UserError(
                "every setting with its name, key=literal",
                f"one without a name in {shorten(text)}",
                "write name=value",
            )
        keywords, node = node.keywords, node.func
    if not isinstance(node, ast.Name) or not _NAME.fullmatch(node.id):
        raise UserError(_GRAMMAR, shorten(text))
    kwargs: dict[str, Any] = {}
    for keyword in keywords:
        if keyword.arg is None or not _NAME.fullmatch(keyword.arg) or keyword.arg in kwargs:
            raise UserError("every setting as key=literal, and once", shorten(text))
        kwargs[keyword.arg] = _literal(keyword.value, keyword.arg, 0, words)
    return Options(node.id, kwargs)


def format(options: Options) -> str:
    """Writes options as a person would; `parse` takes it back."""
    if not options.kwargs:
        return options.name
    settings = ", ".join(f"{key}={value!r}" for key, value in options.kwargs.items())
    return f"{options.name}({settings})"


def resolve(name: str, registry: Mapping[str, Any], what: str) -> Callable[..., Any]:
    """Looks a name up in a registry.

    Args:
        name: a key of the registry.
        registry: names to classes, or to `"module:Class"` strings that are imported here.
        what: what the registry holds, for the error, e.g. `"head"`.

    Returns:
        The class.

    Raises:
        UserError: if the registry has no such name.
    """
    if name not in registry:
        got, do = _unknown(name, registry)
        do = do or "give the --plugin that has it, if it is one of your own"
        raise UserError(f"a {what}: {', '.join(sorted(registry))}", got, do)
    target = registry[name]
    if isinstance(target, str):
        module, _, attribute = target.partition(":")
        target = getattr(importlib.import_module(module), attribute)
    return target


def construct(text: str | Options, registry: Mapping[str, Any], what: str, /, **extra: Any) -> Any:
    """Builds what the text asks for.

    Args:
        text: `name(key=literal, ...)`, or parsed options.
        registry: names to classes, or to `"module:Class"` strings that are imported here.
        what: what the registry holds, for errors, e.g. `"head"`.
        **extra: arguments that the program gives and a person may not.

    Returns:
        The object.

    Raises:
        UserError: for an unknown name, an unknown, missing or mistyped setting, or whatever else
            the constructor finds wrong.
    """
    options = text if isinstance(text, Options) else parse(text)
    target = resolve(options.name, registry, what)
    parameters, is_open = accepted(target)
    allowed = {key: value for key, value in parameters.items() if key not in extra}
    listing = f"{options.name}({', '.join(map(_describe, allowed.values()))})"
    for key, value in options.kwargs.items():
        if key in extra or (key not in allowed and not is_open):
            raise UserError(listing, *_unknown(key, allowed))
        hint = allowed[key].annotation if key in allowed else Any
        if not _fits(value, hint):
            raise UserError(f"{key} of {options.name} to be {_type_name(hint)}", shorten(value))
    for key, parameter in allowed.items():
        if parameter.default is parameter.empty and key not in options.kwargs:
            raise UserError(listing, f"no {key}", f"add {key}=...")
    return target(**options.kwargs, **extra)


def accepted(target: Callable[..., Any]) -> tuple[dict[str, inspect.Parameter], bool]:
    """The keyword arguments of a class or function, with annotations resolved.

    A class whose constructor ends in `**kwargs` also takes what its base classes' take.

    Returns:
        The parameters by name, and whether any other keyword is taken too.
    """
    functions = [target]
    if isinstance(target, type):
        bases = [base for base in target.__mro__ if base is not object]
        functions = [vars(base)["__init__"] for base in bases if "__init__" in vars(base)]
    parameters: dict[str, inspect.Parameter] = {}
    for function in functions:
        try:
            hints = typing.get_type_hints(function)
        except Exception:  # an annotation that cannot be resolved is not checked
            hints = {}
        own = list(inspect.signature(function).parameters.values())
        for parameter in own[1:] if isinstance(target, type) else own:
            if parameter.kind in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY):
                hint = hints.get(parameter.name, Any)
                parameters.setdefault(parameter.name, parameter.replace(annotation=hint))
        if not any(parameter.kind is parameter.VAR_KEYWORD for parameter in own):
            return parameters, False
    return parameters, bool(functions)


def _literal(node: ast.expr, key: str, depth: int, words: bool = False) -> Any:
    """The value of a literal's syntax tree; with `words`, also of a bare word's."""
    if words and isinstance(node, ast.Name) and _NAME.fullmatch(node.id):
        return _SAYING.get(node.id.lower(), node.id)
    if depth < _MAX_DEPTH:
        if isinstance(node, ast.Tuple | ast.List):
            kind = tuple if isinstance(node, ast.Tuple) else list
            return kind(_literal(element, key, depth + 1, words) for element in node.elts)
        if isinstance(node, ast.Dict):
            keys = [_literal(name, key, _MAX_DEPTH) if name else None for name in node.keys]
            if all(isinstance(name, str) for name in keys):
                values = [_literal(value, key, depth + 1, words) for value in node.values]
                return dict(zip(keys, values, strict=True))
    sign = 1
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.UAdd):
        sign, node = -1 if isinstance(node.op, ast.USub) else 1, node.operand
        if not isinstance(node, ast.Constant) or type(node.value) not in (int, float):
            node = ast.Name("")
    if isinstance(node, ast.Constant):
        value = node.value
        if type(value) in (bool, str) or value is None:
            return value
        if type(value) is float and math.isfinite(value):
            return sign * value
        if type(value) is int and value < _MAX_INTEGER:
            return sign * value
    raise UserError(
        f"{key} to be a plain literal (a finite number, a string, True, False, None, or a tuple, "
        "list or dictionary of those)",
        "something else",
        f"write {key}=5 or {key}='text'",
    )


def _fits(value: Any, hint: Any) -> bool:
    """Whether a literal is of the annotated type; an unfamiliar annotation fits everything."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        return any(_fits(value, argument) for argument in arguments)
    if origin is typing.Literal:
        return value in arguments
    if hint is type(None):
        return value is None
    if hint is float:
        return type(value) in (int, float)
    if hint in (int, bool, str):
        return type(value) is hint
    kind = origin or hint
    if kind in (tuple, list):
        if not isinstance(value, tuple | list):
            return False
        if kind is tuple and arguments and arguments[-1] is not Ellipsis:
            return len(value) == len(arguments) and all(map(_fits, value, arguments))
        return not arguments or all(_fits(element, arguments[0]) for element in value)
    return isinstance(value, dict) if kind is dict else True


def _describe(parameter: inspect.Parameter) -> str:
    if parameter.default is parameter.empty:
        return f"{parameter.name}=..."
    return f"{parameter.name}={parameter.default!r}"


def _type_name(hint: Any) -> str:
    return hint.__name__ if isinstance(hint, type) else str(hint).replace("typing.", "")


def _unknown(name: str, known: Mapping[str, Any]) -> tuple[str, str]:
    """What came, and which of the known names may have been meant."""
    near = difflib.get_close_matches(name[:100], list(known), n=1, cutoff=0.5)
    return shorten(name), f"did you mean {near[0]}?" if near else ""
