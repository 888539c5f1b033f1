"""English sentences that no model was trained on, for reading back what a model writes."""

import random

from hachi_tf.errors import UserError

# A sentence is one of the patterns with each `{list}` replaced by a word of that list.
_WORDS = {
    "adjective": (
        "old new small large quiet loud warm cold early late empty full heavy light bright dark "
        "simple strange gentle rough clever lazy honest hungry golden wooden broken famous"
    ),
    "adverb": "often never always rarely quickly slowly usually gladly hardly almost again soon",
    "animal": "horse goat sparrow fox beaver rabbit tiger zebra owl donkey pigeon whale lizard",
    "colour": "red green blue yellow white black purple orange grey brown",
    "date": "1 2 3 4 5 6 7 8 9 10 12 14 15 16 18 19 20 22 24 25 27 28 30",
    "day": "Monday Tuesday Wednesday Thursday Friday Saturday Sunday",
    "month": "January March April June July August October December",
    "name": (
        "Anna Ben Clara David Emma Frank Grace Henry Ivan Julia Kate Leo Maria Nora Oscar Paul "
        "Quentin Rosa Sam Tina Ursula Victor Wanda Xavier Yusuf Zoe"
    ),
    "noun": (
        "river garden window letter kitchen mountain engine ticket bottle jacket bridge market "
        "question answer picture piano basket candle village forest hammer island ladder pocket "
        "quarry saddle tunnel violin wagon yard machine"
    ),
    "number": "2 3 4 5 6 7 8 9 10 12 14 15 16 18 20 24 27 30 35 40 48 50 63 75 90 100",
    "place": (
        "Berlin Oxford Lisbon Quebec Vienna Kyoto Geneva Madrid Turin Dublin Zurich Jaipur "
        "Boston Havana Lagos Naples Warsaw"
    ),
    "plural": (
        "apples boxes doors eggs flowers gloves houses keys lamps maps nails oranges pens queues "
        "ropes shoes trees umbrellas voices windows years zebras"
    ),
    "time": "1:15 2:30 3:45 5:20 6:10 7:40 8:05 9:30 10:50 11:25 12:00",
    "verb": (
        "bought carried dropped found fixed forgot hid kept left liked lost made mixed moved "
        "needed opened painted pushed saw sold touched used wanted washed"
    ),
    "year": "1804 1879 1926 1937 1953 1968 1974 1989 2003 2016",
}
_PATTERNS = (
    "{name} {verb} the {adjective} {noun}.",
    "{name} {verb} {number} {plural} in {place}.",
    "The {animal} {adverb} {verb} our {noun}.",
    "Why is the {noun} so {adjective}?",
    "In {month} we {verb} {number} {plural}.",
    "{name} and {name} {verb} a {noun}.",
    'They said "{adverb}" on {day}.',
    "Come at {time}, {name}, not later!",
    "It's {adjective}, but {name} {verb} it.",
    "My {noun}, your {noun}, his {plural}.",
    "Who {verb} the {colour} {noun} here?",
    "{place}, {day}: {adjective} and {adjective}.",
    "No {noun} is half as {adjective} as ours!",
    "The {colour} {animal} {verb} {name}'s {noun}.",
    "We {adverb} {verb} it after {year}.",
    "{number} {plural}; {number} {plural} (for {name}).",
    "You {verb} a {adjective} one, didn't you?",
    "A well-{verb} {noun} from {place}",
    "{month} {date}, {year}: {name} {verb} it.",
    "Ask {name}: is that {animal} {adjective}?",
)
_LISTS = {name: words.split() for name, words in _WORDS.items()}
_MAX_DRAWS = 10_000  # for one sentence


class _Draw(dict):
    """Gives `str.format_map` a new word for each place."""

    def __init__(self, generator: random.Random):
        super().__init__()
        self._generator = generator

    def __missing__(self, name: str) -> str:
        return self._generator.choice(_LISTS[name])


def sentences(
    count: int, low: int = 20, high: int = 40, seed: int = 0, characters: str | None = None
) -> list[str]:
    """Makes different sentences of common English words, in printable ASCII.

    Capitals, digits and the usual marks occur. A sentence depends on those before it in that none
    comes twice; more sentences of one seed begin with the same ones.

    Args:
        count: how many.
        low: the fewest characters of a sentence.
        high: the most characters of a sentence.
        seed: of the choice.
        characters: those that may occur; None allows all.

    Returns:
        The sentences.

    Raises:
        UserError: if there are not so many sentences of such lengths and characters.
    """
    generator = random.Random(seed)
    draw, allowed = _Draw(generator), None if characters is None else set(characters)
    found: dict[str, None] = {}
    for _ in range(count):
        for _ in range(_MAX_DRAWS):
            text = generator.choice(_PATTERNS).format_map(draw)
            fits = low <= len(text) <= high and (allowed is None or allowed.issuperset(text))
            if fits and text not in found:
                found[text] = None
                break
        else:
            raise UserError(
                f"{count} English sentences of {low} to {high} characters"
                + ("" if characters is None else " that the model knows"),
                f"{len(found)} of them",
                "ask for fewer, or of other lengths",
            )
    return list(found)
