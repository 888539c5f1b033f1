"""The grammar `name(key=literal, ...)`."""

import re
from typing import Literal

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from hachi_tf import options
from hachi_tf.errors import UserError


class Base:
    def __init__(self, size: int = 3, ratio: float = 0.5):
        self.size, self.ratio = size, ratio


class Child(Base):
    def __init__(
        self,
        data: str,
        span: tuple[float, float] = (0, 1),
        mode: Literal["a", "b"] = "a",
        limit: int | None = None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.data, self.span, self.mode, self.limit = data, span, mode, limit


class Anything:
    def __init__(self, **kwargs):
        self.kwargs = kwargs


REGISTRY = {"base": Base, "child": Child, "anything": Anything, "lazy": "fractions:Fraction"}


@pytest.mark.parametrize(
    ("text", "name", "kwargs"),
    [
        ("kanji", "kanji", {}),
        (" kanji( ) ", "kanji", {}),
        ("text(unit='byte')", "text", {"unit": "byte"}),
        ("addrand(range=(-6, +6.5), dims=0)", "addrand", {"range": (-6, 6.5), "dims": 0}),
        ("a(b=[1, [2, None]], c=True, d={'k': 1e-3})", "a", None),
        ("a(\n  path='C:\\data',\n)", "a", {"path": "C:\\data"}),
        ('a(b="é\\n")', "a", {"b": "é\n"}),
    ],
)
def test_parse_reads_names_and_literals(text, name, kwargs):
    if kwargs is None:
        kwargs = {"b": [1, [2, None]], "c": True, "d": {"k": 1e-3}}
    assert options.parse(text) == options.Options(name, kwargs)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "a(",
        "a(1)",
        "a(*b)",
        "a(**b)",
        "a(b=c)",
        "a(b=c())",
        "a(b=1, b=2)",
        "a.b(c=1)",
        "a(b=1)(c=1)",
        "a(b=1+1)",
        "a(b=-True)",
        "a(b=not 1)",
        "a(b=-'x')",
        "a(b=1e999)",
        "a(b=-1e999)",
        "a(b=10**9)",
        "a(b=f'{1}')",
        "a(b=b'x')",
        "a(b=1j)",
        "a(b=...)",
        "a(b={1, 2})",
        "a(b={1: 2})",
        "a(b={**c})",
        "a(b=lambda: 1)",
        "a(b=[x for x in y])",
        "a(b=(x := 1))",
        "lambda: 1",
        "a b",
        "a; b",
        "__import__('os')",
        "a(b=__import__('os').system('x'))",
        "a\x00",
        "a(b='\x00')",
        "a(b='\ud800')",
        "1",
        "'a'",
        "é(b=1)",
        "a(é=1)",
        "a(b=" + "9" * 5000 + ")",
        "a(b=0x" + "f" * 9000 + ")",
        "a(b=" + "[" * 4000 + "]" * 4000 + ")",
        "a(b=" + "[" * 50 + "]" * 50 + ")",
        "a(b=" + "-" * 9000 + "1)",
        "a" + "(b=1)" * 1900,
        "a" + ".b" * 4000,
        "a" * 1_000_000,
        "not " * 2000 + "a",
    ],
)
def test_parse_refuses_everything_else_in_one_short_line(text):
    with pytest.raises(UserError) as error:
        options.parse(text)
    assert str(error.value).isprintable() and len(str(error.value)) < 400


def test_parse_refuses_what_is_no_text():
    for value in (None, 3, b"a", ["a"]):
        with pytest.raises(UserError):
            options.parse(value)


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=60))
@example("a(b='\\N{DASH}')")
@example("a(b='\\U00110000')")
def test_parse_of_any_text_gives_options_or_a_user_error(text):
    try:
        options.parse(text)
    except UserError as error:
        assert "\n" not in str(error)


_PIECES = ["a", "b", "(", ")", "=", ",", "[", "]", "{", "}", ":", "-", "*", "'", '"', "\\", "\n"]
_PIECES += [
    " ",
    "1",
    "1e9",
    "0x",
    ".",
    "None",
    "lambda",
    "if",
    "else",
    "for",
    "in",
    "\0",
    "f'",
    "#",
]


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(_PIECES), max_size=40), st.sampled_from([1, 2, 700]))
def test_parse_of_python_like_text_gives_options_or_a_user_error(pieces, repeats):
    try:
        options.parse("a(b=" + "".join(pieces) * repeats)
    except UserError:
        pass


_LITERALS = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63) + 1, 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)
_NAMES = st.from_regex(re.compile(r"[a-z][a-z0-9_]{0,8}", re.ASCII), fullmatch=True).filter(
    lambda name: name.isidentifier() and not __import__("keyword").iskeyword(name)
)


@settings(max_examples=200, deadline=None)
@given(_NAMES, st.dictionaries(_NAMES, _LITERALS, max_size=4))
def test_parse_takes_back_what_format_writes(name, kwargs):
    written = options.Options(name, kwargs)
    assert options.parse(options.format(written)) == written
    hash(written)


def test_construct_passes_settings_and_what_the_program_adds():
    child = options.construct(
        "child(span=[1, 2.5], mode='b', limit=None, size=7)", REGISTRY, "thing", data="x"
    )
    assert (child.data, child.span, child.mode, child.limit) == ("x", [1, 2.5], "b", None)
    assert (child.size, child.ratio) == (7, 0.5)
    assert options.construct("base(ratio=2)", REGISTRY, "thing").ratio == 2
    assert options.construct(options.Options("base"), REGISTRY, "thing").size == 3
    assert options.construct("anything(x=1, y='z')", REGISTRY, "thing").kwargs == {"x": 1, "y": "z"}


def test_construct_imports_a_lazy_entry():
    assert str(options.resolve("lazy", REGISTRY, "thing")) == "<class 'fractions.Fraction'>"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("bass", ["a thing: anything, base, child, lazy", "'bass'", "did you mean base?"]),
        ("base(sise=3)", ["base(size=3, ratio=0.5)", "'sise'", "did you mean size?"]),
        ("base(zzzzz=3)", ["base(size=3, ratio=0.5)", "'zzzzz'"]),
        ("base(size=2.5)", ["size of base to be int", "2.5"]),
        ("base(size=True)", ["size of base to be int", "True"]),
        ("base(ratio='x')", ["ratio of base to be float", "'x'"]),
        ("child(data='me')", ["child(span=(0, 1), mode='a', limit=None, size=3", "'data'"]),
        ("child(span=(1, 2, 3))", ["span of child to be tuple[float, float]", "(1, 2, 3)"]),
        ("child(span=5)", ["span of child", "5"]),
        ("child(mode='c')", ["mode of child to be Literal['a', 'b']", "'c'"]),
        ("child(limit='c')", ["limit of child to be int | None", "'c'"]),
    ],
)
def test_construct_says_what_is_allowed(text, words):
    with pytest.raises(UserError) as error:
        options.construct(text, REGISTRY, "thing", **({"data": "x"} if "child" in text else {}))
    for word in words:
        assert word in str(error.value)


def test_construct_says_which_setting_is_missing():
    with pytest.raises(UserError, match="got no data; add data=..."):
        options.construct("child", REGISTRY, "thing")


@pytest.mark.parametrize(
    "text",
    ["a(b=1); c(d='x', e=(1, -2))", "a(b=1), c(d=x, e=(1, -2))", "[a(b=1), c(d=x, e=(1, -2))]"],
)
def test_parse_list_reads_several_with_bare_words(text):
    two = [options.Options("a", {"b": 1}), options.Options("c", {"d": "x", "e": (1, -2)})]
    assert options.parse_list(text) == two


def test_parse_list_reads_words_that_say_something_in_any_letters():
    assert options.parse_list("") == []
    read = options.parse_list("a(b=true, c=None, d=NONE, e=[t, False], f='none')")[0].kwargs
    assert read == {"b": True, "c": None, "d": None, "e": ["t", False], "f": "none"}


@pytest.mark.parametrize(
    "text",
    ["a(b", "import os", "a = b", "a(b=c.d)", "a(b=-c)", "a(b=c())", "(a, *b)", "a, 1", "a(1)"],
)
def test_parse_list_refuses_everything_else(text):
    with pytest.raises(UserError):
        options.parse_list(text)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from([*_PIECES, ";"]), max_size=40))
def test_parse_list_of_python_like_text_gives_options_or_a_user_error(pieces):
    try:
        options.parse_list("a(b=" + "".join(pieces))
    except UserError:
        pass
