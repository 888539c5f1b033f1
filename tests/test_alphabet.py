"""Tests of hachi_tf.alphabet."""

import string
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hachi_tf.alphabet import Alphabet, rare_characters, report
from hachi_tf.errors import UserError

LATIN = Alphabet(string.ascii_lowercase + string.digits + "ABCO .,'\"-!?()")
ANY = st.text(st.characters(codec="utf-8"), max_size=20)


def test_characters_are_sorted_unique_and_of_nfc_texts():
    alphabet = Alphabet.from_texts(["bab", "cafe\u0301", None, ""])
    assert alphabet.characters == "abcfé" and len(alphabet) == 5
    assert alphabet == Alphabet("éfcbaab")
    assert "é" in alphabet and "e" not in alphabet and "ab" not in alphabet and "" not in alphabet
    assert alphabet.unknown("xe\u0301abyx") == ["x", "y"]
    assert len(Alphabet("")) == 0


def test_a_stored_alphabet_is_read_as_it_was():
    alphabet = Alphabet.from_texts(["z", "x\u0302"])  # a mark that z would take up in NFC
    assert alphabet.characters == "xz\u0302"
    assert Alphabet(Alphabet("z\u0301").characters).characters == "z\u0301"


@pytest.mark.parametrize(
    "character, nearest",
    [
        ("Q", ["q", "O", "0"]),
        ("é", ["e"]),
        ("É", ["e"]),
        ("Á", ["A", "a"]),
        ("ø", ["o", "O", "0"]),
        ("Z", ["z", "2"]),
        ("|", ["l", "1"]),
        ("[", ["("]),
        ("{", ["("]),
        (";", [","]),
        ("\u2019", ["'"]),
        ("\u201d", ['"']),
        ("\u2014", ["-"]),
        ("\uff21", ["A", "a"]),
        ("\u00b2", ["2", "z"]),
        ("\u0410", ["A"]),
        ("\u00df", ["B"]),
        ("😀", []),
        ("☃", []),
        ("漢", []),
        ("한", []),
        ("\u200b", []),
        ("\x07", []),
        ("½", []),
    ],
)
def test_nearest_known_characters(character, nearest):
    assert LATIN.nearest(character) == nearest
    assert LATIN.nearest(character, 1) == nearest[:1]


def test_kana_are_near_their_larger_voiceless_and_other_kind():
    kana = Alphabet("かこアつ")
    assert [kana.nearest(c) for c in "がカゴァっき"] == [["か"], ["か"], ["こ"], ["ア"], ["つ"], []]


def test_accented_letters_are_near_each_other():
    assert Alphabet("èéE").nearest("e") == ["E", "è", "é"]


def test_typography_is_folded_to_what_is_known():
    text = "\u201cit\u2019s\u201d\u2014a\u2026\u00a0b\tc\nd \ufb01n \uff21"
    prepared = LATIN.prepare(text)
    assert prepared.text == '"it\'s"-a... b c d fin A'
    assert prepared.folded == {
        "\u201c": '"', "\u2019": "'", "\u201d": '"', "\u2014": "-", "\u2026": "...",
        "\u00a0": " ", "\t": " ", "\n": " ", "\ufb01": "fi", "\uff21": "A",
    }  # fmt: skip
    assert (prepared.dropped, prepared.replaced) == ([], {})
    assert LATIN.prepare("a\nb\tc", keep="\n").text == "a\nb c"


def test_what_is_known_is_left_alone():
    curly = Alphabet("its \u2019\u2014\u2026")
    assert curly.prepare("it\u2019s \u2014\u2026").text == "it\u2019s \u2014\u2026"
    assert curly.prepare("it's -").text == "it\u2019s \u2014"  # folding goes both ways
    assert LATIN.prepare("cafe").folded == {}


def test_nothing_is_folded_to_a_character_that_is_not_known():
    with pytest.raises(UserError):
        Alphabet("ab").prepare("a\u2026b")
    assert Alphabet("ab").prepare("a\u2026b", "drop").dropped == ["\u2026"]


def test_unknown_characters_are_an_error_dropped_or_replaced():
    text = "Qué?\u200b \x07☃"
    with pytest.raises(UserError) as error:
        LATIN.prepare(text)
    assert str(error.value) == (
        "expected the 50 characters that the model knows; got 'Q' (nearest: 'q', 'O', '0'), "
        "'é' (nearest: 'e'), U+200B ZERO WIDTH SPACE (nearest: none), U+0007 BELL (nearest: none), "
        "'☃' (nearest: none); --on_unknown=replace writes the nearest, --on_unknown=drop leaves "
        "them out"
    )
    dropped = LATIN.prepare(text, "drop")
    assert dropped.text == "u? " and dropped.dropped == ["Q", "é", "\u200b", "\x07", "☃"]
    replaced = LATIN.prepare(text, "replace")
    assert replaced.text == "que? " and replaced.replaced == {"Q": "q", "é": "e"}
    assert replaced.dropped == ["\u200b", "\x07", "☃"]
    with pytest.raises(UserError, match="error, drop, replace; got 'skip'"):
        LATIN.prepare("a", "skip")


def test_an_error_names_eight_characters_at_most():
    with pytest.raises(UserError) as error:
        LATIN.prepare("αβγδεζηθικλμ")
    assert str(error.value).count("nearest:") == 8 and " and 4 more" in str(error.value)


@given(ANY, ANY, st.sampled_from(["drop", "replace"]))
def test_a_prepared_text_is_known_and_accounted_for(known, text, on_unknown):
    alphabet = Alphabet.from_texts([known])
    prepared = alphabet.prepare(text, on_unknown)
    assert set(prepared.text) <= set(alphabet.characters)
    changed = [*prepared.folded, *prepared.dropped, *prepared.replaced]
    assert sorted(changed) == sorted(alphabet.unknown(text)) and len(set(changed)) == len(changed)
    assert not (on_unknown == "drop" and prepared.replaced)
    everything = Alphabet.from_texts([text])
    assert everything.prepare(text).text == unicodedata.normalize("NFC", text)


@given(ANY, st.characters())
def test_nearest_is_known_and_another(known, character):
    alphabet = Alphabet.from_texts([known])
    nearest = alphabet.nearest(character)
    assert set(nearest) <= set(alphabet.characters) - {character}
    assert len(nearest) == len(set(nearest)) <= 3


def test_lone_surrogates_are_no_characters():
    with pytest.raises(UserError, match="UTF-8"):
        Alphabet("a\ud800")
    assert LATIN.prepare("a\ud800b", "drop").text == "ab"


def test_rare_characters_are_counted_rarest_first():
    texts = ["a" * 30, "bbb", None, "c", "e\u0301" * 19, "d" * 20]
    assert list(rare_characters(texts).items()) == [("c", 1), ("b", 3), ("é", 19)]
    assert rare_characters(texts, 2) == {"c": 1}


def test_the_report_before_training():
    texts = [string.ascii_lowercase * 20, "A" * 25, "X'"]
    assert report(texts) == [
        "29 characters: 'AXabcdefghijklmnopqrstuvwxyz",
        "2 used less than 20 times, so badly learned: \"'\" 1, 'X' 1",
        "never used, so not to be written: B C D E F G H I J K L M N O P Q R S T U V W Y Z 0-9",
    ]
    everything = (string.ascii_letters + string.digits) * 20
    assert report([everything]) == [
        f"62 characters: {string.digits}{string.ascii_uppercase}{string.ascii_lowercase}"
    ]
    (first, second, _) = report(["".join(map(chr, range(0x4E00, 0x4E00 + 300)))])
    assert len(first) < 160 and second.endswith(" and 292 more")
