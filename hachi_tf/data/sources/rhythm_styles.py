"""Styles of music: what drums, bass, chords and melody play in a bar of sixteen sixteenths."""

import dataclasses

# General MIDI's drums.
KICK, RIM, SNARE, CLAP, CLOSED, PEDAL, OPEN, CRASH, RIDE = 36, 37, 38, 39, 42, 44, 46, 49, 51
TOMS = (48, 45, 41)
DRUM_SIXTEENTHS = {KICK: 1.0, OPEN: 1.8, CRASH: 6.0, RIDE: 2.5, 48: 1.5, 45: 1.5, 41: 1.8}
"""How long a drum sounds; the others take half a sixteenth."""


@dataclasses.dataclass(frozen=True)
class Style:
    """What a band plays. A pattern has 16 characters; `.` is a rest and `-` holds a note.

    Attributes:
        name: e.g. `"rock"`.
        tempos: from the slowest to the fastest, in quarters a minute.
        swing_unit: sixteenths in the half of a beat that swing lengthens, 1 or 2.
        swing: from the least to the greatest share of that half; 0.5 is straight.
        steps: a chord's tones in degrees above its root.
        drums: sets of patterns by instrument: `X` accented, `x` not, `g` soft and only at times.
        bass: patterns of `r` root, `t` third, `f` fifth, `o` octave and `a`, which leads to the
            next chord's root.
        chords: patterns of `c`, all tones together, or `0` to `3`, one tone of an arpeggio.
        melody: patterns with an `x` for each note.
        gates: the share of their length for which bass, chords and melody sound.
    """

    name: str
    tempos: tuple[float, float]
    swing_unit: int
    swing: tuple[float, float]
    steps: tuple[int, ...]
    drums: tuple[dict[int, str], ...]
    bass: tuple[str, ...]
    chords: tuple[str, ...]
    melody: tuple[str, ...]
    gates: tuple[float, float, float]


ROCK = Style(
    "rock", (92, 138), 1, (0.5, 0.51), (0, 2, 4),
    drums=(
        {KICK: "X.......x.x.....", SNARE: "....X.......X...", CLOSED: "X.x.X.x.X.x.X.x."},
        {KICK: "X......xx.......", SNARE: "....X..g....X...", CLOSED: "X.x.X.x.X.x.X.x."},
        {KICK: "X.x.......x.....", SNARE: "....X.......X..g", OPEN: "..............x.",
         CLOSED: "X.x.X.x.X.x.X..."},
    ),
    bass=("r-r-r-r-r-r-r-a-", "r--.r.r.r--.r.a-", "r-------r---f-a-", "r-r-.-r-r-o-r-f-"),
    chords=("c-------c-------", "c-----c---c-----", "0-1-2-1-0-1-2-1-", "0-2-1-2-0-2-1-2-"),
    melody=("x---x-x-x---x---", "x-x-x---x-x-x---", "..x-x-x-x---..x-", "x-----x-x-x-x---"),
    gates=(0.85, 0.9, 0.85),
)  # fmt: skip
FUNK = Style(
    "funk", (88, 112), 1, (0.51, 0.57), (0, 2, 6),
    drums=(
        {KICK: "X..x......x..x..", SNARE: "....X..g.g..X...", CLOSED: "XxxxXxxxXxxxXxxx"},
        {KICK: "X.x.......x.....", SNARE: "....X..g.x.gX..g", CLOSED: "X.x.X.x.X.x.X.x."},
        {KICK: "X......x..x.....", SNARE: "....X.g...g.X...", OPEN: "......x.........",
         CLOSED: "X.x.X...X.x.X.x."},
    ),
    bass=("r-.r..o-.r.f..a-", "r-..r.o...r.f-a-", "r..r..r-o.....a-", "r---..rr..f-o-a-"),
    chords=("..c...c...c...c.", "....c-...c..c-..", "...c..c....c..c.", "c-.....c..c....."),
    melody=("x..x--x-....x-x-", "..x-x-.xx--.....", "x-x..xx-..x-x---", "x---...xx-x-x-.."),
    gates=(0.6, 0.5, 0.7),
)  # fmt: skip
SWING = Style(
    "swing", (112, 176), 2, (0.6, 0.67), (2, 4, 6),
    drums=(
        {RIDE: "X...x.x.X...x.x.", PEDAL: "....x.......x...", KICK: "x.......x.......",
         SNARE: "......g.......g."},
        {RIDE: "X...X.x.X...X.x.", PEDAL: "....x.......x...", SNARE: "..g.......x....."},
        {CLOSED: "X...X.x.X...X.x.", SNARE: "....x.......x.g.", KICK: "X.......x.......",
         PEDAL: "....x.......x..."},
    ),
    bass=("r---t---f---a---", "r---f---o---a---", "r---o---f---a---", "r---f---t---a---"),
    chords=("c-....c-........", "..c-......c-....", "c---......c-....", "......c-......c-"),
    melody=("x---x-x-x---x-x-", "..x-x---x-x-x---", "x-x-x-x-x-----x-", "x-----x-x---x-..",
            "....x-x-x-x-x---"),
    gates=(0.95, 0.7, 0.9),
)  # fmt: skip
BOSSA = Style(
    "bossa", (104, 144), 1, (0.5, 0.5), (0, 2, 6),
    drums=(
        {KICK: "X.....x.X.....x.", RIM: "X.....X.....X...", CLOSED: "x.x.x.x.x.x.x.x."},
        {KICK: "X.....x.X.....x.", RIM: "....X.....X.....", CLOSED: "X.x.x.x.X.x.x.x."},
        {KICK: "X.....x.X.....x.", RIM: "X..x..X...X.X...", CLOSED: "x...x...x...x..."},
    ),
    bass=("r-----f-f-----a-", "r-----r-f-----f-", "r-----o-f-----a-"),
    chords=("c-....c-....c-..", "..c-..c-..c-..c-", "c---..c---..c-..", "0-1-2-3-2-1-0-1-"),
    melody=("x-----x-x---x---", "..x---x---x-x---", "x---x---..x-x-x-", "x-x---x-----x---"),
    gates=(0.9, 0.75, 0.9),
)  # fmt: skip
BALLAD = Style(
    "ballad", (60, 84), 2, (0.5, 0.56), (0, 2, 4),
    drums=(
        {KICK: "X.......x.....x.", RIM: "....X.......X...", CLOSED: "X.x.X.x.X.x.X.x."},
        {KICK: "X.....x.x.......", SNARE: "....x.......x...", RIDE: "X...x...X...x..."},
        {KICK: "X.........x.....", RIM: "........X.......", CLOSED: "x.x.x.x.x.x.x.x."},
    ),
    bass=("r-------f-----a-", "r-----r-r-------", "r-------------a-", "r---f---o---f---"),
    chords=("0-1-2-1-0-1-2-1-", "0-1-2-3-2-1-2-1-", "c-------0-1-2-1-", "0-2-1-2-3-2-1-2-"),
    melody=("x-------x---x---", "x---x---x-------", "....x-x-x---x---", "x-----x-x-------"),
    gates=(0.95, 1.0, 0.95),
)  # fmt: skip
HOUSE = Style(
    "house", (116, 130), 1, (0.5, 0.54), (0, 2, 4),
    drums=(
        {KICK: "X...X...X...X...", CLAP: "....X.......X...", OPEN: "..x...x...x...x.",
         CLOSED: "x...x...x...x..."},
        {KICK: "X...X...X...X...", CLAP: "....X.......X...", CLOSED: "x.Xxx.Xxx.Xxx.Xx"},
        {KICK: "X...X...X...X..x", SNARE: "............X..g", OPEN: "..X...X...X...X."},
    ),
    bass=("r.r-..r-..r-..o-", "r-..r-..r-..f-..", "r-.r-.r-.rr-.ro-", "r...r.o.r...r.a-"),
    chords=("0.1.2.1.0.1.2.3.", "c..c..c...c..c..", "..c...c...c...c.", "0120120120120123"),
    melody=("x-------x-----x-", "x--x--x---......", "..x-..x-..x-x---", "x---------x-x-x-"),
    gates=(0.7, 0.5, 0.8),
)  # fmt: skip
STYLES = {style.name: style for style in (ROCK, FUNK, SWING, BOSSA, BALLAD, HOUSE)}
"""The styles by their names."""

FILLS = ("tttt", "sstt", "s.st", "sst.", "t.tt", "ssss", "s.ss")
"""A beat of a fill: `s` the snare, `t` the next tom."""


def pattern_notes(pattern: str) -> list[tuple[int, int, str]]:
    """The notes of a pattern as start and length in sixteenths, and character."""
    notes = []
    for start, character in enumerate(pattern):
        if character not in ".-":
            rest = pattern[start + 1 :]
            notes.append((start, 1 + len(rest) - len(rest.lstrip("-")), character))
    return notes
