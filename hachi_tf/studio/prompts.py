"""Sentences to write by hand: they have every letter, digit and mark, most more than once."""

PROMPTS = (
    "The quick brown fox jumps over the lazy dog.",
    "Pack my box with five dozen liquor jugs.",
    "Sphinx of black quartz, judge my vow!",
    "How vexingly quick daft zebras jump.",
    "Anna Brown and Carl Dean met Ella Fox.",
    "George Hill, Ivy Jones and Kate Long sing.",
    "Maria Nash, Otto Park and Queen Ruth read.",
    "Sam Tate, Uma Vale and Will Xu play chess.",
    "Yes, Zoe: it is half past seven; come in.",
    "Call 020 7946 1358 before 6 o'clock.",
    '"Where to?" he asked. "Home," she said.',
    "The sum (12 + 34 = 46) is right.",
    "A long-lost letter came on the 29th of May.",
    "Can you read this? I hope so.",
    "Nobody knew why the bell rang at night.",
    "We walked along the river until it was dark.",
    "Six or seven small birds sat on the wire.",
    "She keeps her pens, ink & paper in a tin box.",
    "It cost #5, or was it 10% less than that?",
    "Thank you very much, and write again soon.",
)
"""In the order in which they are best written: the first few have all small letters."""


def prompts(alphabet: str | None = None) -> list[str]:
    """The sentences, those first that have most characters that those before lack.

    Args:
        alphabet: characters that count; all by default. Sentences with others are left out.
    """
    known = None if alphabet is None else set(alphabet)
    left = [each for each in PROMPTS if known is None or set(each) <= known]
    ordered: list[str] = []
    seen: set[str] = set()
    while left:
        best = max(left, key=lambda each: len(set(each) - seen))
        left.remove(best)
        ordered.append(best)
        seen |= set(best)
    return ordered
