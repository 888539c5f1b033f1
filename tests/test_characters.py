"""Tests of hachi_tf.characters."""

from hypothesis import given
from hypothesis import strategies as st

from hachi_tf.characters import SAME_AS, describe, listing, neighbours, printed_parts


@given(st.characters(categories=["Cc", "Cf", "Cs", "Co", "Cn", "Zs", "Zl", "Zp", "Mn"]))
def test_what_has_no_ink_is_named_in_plain_characters(character):
    described = describe(character)
    assert described.startswith(f"U+{ord(character):04X} ")
    assert described.isascii() and described.isprintable()


def test_names():
    assert [describe(c) for c in "a'\t\u200b\ufe0f\u0301\ue000\x01\u2800"] == [
        "'a'", '"\'"', "U+0009 TAB", "U+200B ZERO WIDTH SPACE", "U+FE0F VARIATION SELECTOR-16",
        "U+0301 COMBINING ACUTE ACCENT", "U+E000 (private use)", "U+0001 (control character)",
        "U+2800 BRAILLE PATTERN BLANK",
    ]  # fmt: skip
    assert describe("\ud800") == "U+D800 (surrogate)"
    assert listing(list("abc")) == "a, b, c" and listing([]) == ""
    assert listing(list("abcdefghij")) == "a, b, c, d, e, f, g, h and 2 more"


def test_every_character_that_says_the_same_says_so_of_the_others():
    for character, same in SAME_AS.items():
        assert character in same and len(set(same)) == len(same)
        assert all(SAME_AS[other] == same for other in same)


def test_ligatures_and_full_width_are_printed_parts_and_signs_of_their_own_are_not():
    assert [printed_parts(c) for c in "ﬁ１…\u00a0"] == ["fi", "1", "...", " "]
    assert [printed_parts(c) for c in "éa½²´"] == [""] * 5


def test_the_first_neighbours_need_no_known_characters():
    assert list(dict.fromkeys(neighbours("Q", ""))) == ["Q", "q", "O", "0"]
