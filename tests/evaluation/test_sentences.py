import collections
import string

import pytest

from hachi_tf.errors import UserError
from hachi_tf.evaluation.sentences import sentences


def test_sentences_have_the_lengths_asked_for_and_none_comes_twice():
    texts = sentences(500)
    assert len(set(texts)) == 500
    assert {len(text) for text in texts} <= set(range(20, 41))
    assert min(map(len, texts)) < 25 and max(map(len, texts)) > 35


def test_sentences_are_printable_ascii_and_carry_every_letter_and_digit():
    used = collections.Counter("".join(sentences(500)))
    assert set(used) <= set(map(chr, range(32, 127)))
    assert set(string.ascii_lowercase + string.digits) <= set(used)
    assert set(".,?!'\":;-()") <= set(used)
    assert len(set(string.ascii_uppercase) & set(used)) >= 24


def test_words_are_apart_and_sentences_begin_with_a_capital_a_digit():
    for text in sentences(300, seed=4):
        assert text == " ".join(text.split()) and "{" not in text
        assert text[0].isupper() or text[0].isdigit()


def test_the_seed_decides_and_more_begin_with_the_same():
    assert sentences(30, seed=5) == sentences(60, seed=5)[:30]
    assert sentences(30, seed=5) != sentences(30, seed=6)


def test_only_known_characters_are_used():
    letters = set(string.ascii_letters + " .")
    texts = sentences(50, characters="".join(letters))
    assert set("".join(texts)) <= letters


@pytest.mark.parametrize(
    "options", [{"low": 500, "high": 600}, {"characters": "abc"}, {"low": 30, "high": 20}]
)
def test_impossible_wishes_are_refused(options):
    with pytest.raises(UserError, match="English sentences of"):
        sentences(3, **options)
