"""Addresses of messages -> what they do to which voice."""

import difflib
import functools
import re
from collections.abc import Callable, Sequence
from typing import Any

from hachi_tf.errors import UserError
from hachi_tf.performing.manner import MODES
from hachi_tf.performing.voice import Voice

_MAX_ADDRESS = 200  # characters
_MAX_PATTERNS = 4  # of * and {} in an address, so that matching stays fast
_OWN = ("output", "status", "error", "end", "latency")  # what only ever goes out

Action = Callable[[Voice, Sequence[Any], float], None]


def _input(voice: Voice, values: Sequence[Any], received_s: float) -> None:
    voice.input(values, received_s)


def _sample(voice: Voice, values: Sequence[Any], received_s: float) -> None:
    voice.sample(received_s)


def _bias(voice: Voice, values: Sequence[Any], received_s: float) -> None:
    voice.drawing.bias = _number(values, "a bias", 0.0, 100.0)


def _temperature(voice: Voice, values: Sequence[Any], received_s: float) -> None:
    voice.drawing.temperature = _number(values, "a temperature", 0.0, 100.0)


def _seed(voice: Voice, values: Sequence[Any], received_s: float) -> None:
    voice.drawing.set_seed(int(_number(values, "a seed", 0.0, 2.0**32 - 1)))


def _pause(voice: Voice, values: Sequence[Any], received_s: float) -> None:
    voice.pause(_number(values, "0 or 1", 0.0, 1.0) > 0)


def _mode(voice: Voice, values: Sequence[Any], received_s: float) -> None:
    value = values[0] if len(values) == 1 else None
    if value not in MODES:
        raise UserError(f"a mode of {', '.join(MODES)}", _shown(values))
    voice.set_mode(value)


def _fix(voice: Voice, values: Sequence[Any], received_s: float) -> None:
    if len(values) not in (1, 2):
        raise UserError("a column and a value, or a column alone to free it", _shown(values))
    voice.hold(*values)


ACTIONS: dict[str, Action] = {
    "input": _input,
    "sample": _sample,
    "reset": lambda voice, values, received_s: voice.reset(),
    "cancel": lambda voice, values, received_s: voice.cancel(),
    "bias": _bias,
    "temperature": _temperature,
    "seed": _seed,
    "pause": _pause,
    "mode": _mode,
    "fix": _fix,
}


class Routes:
    """What each address does.

    `/<id>/<action>` is for the model of that number, counted from 1, and `/<action>` for all of
    them; `/stop` and `/status/get` are for all. An address may be a pattern of OSC, with `*`,
    `?`, `[...]` and `{...}`. Arguments of actions that take none are ignored.

    Args:
        voices: in the order of their numbers.
        stop: called by `/stop`.
        status: called by `/status/get` and `/<id>/status/get`, with the numbers of voices.
        report: called with each error; one of several voices that fails keeps none of the
            others from acting.
    """

    def __init__(
        self,
        voices: Sequence[Voice],
        stop: Callable[[], None],
        status: Callable[[Sequence[int]], None],
        report: Callable[[Exception], None],
    ):
        self._report = report
        self._routes: dict[str, Callable[[Sequence[Any], float], None]] = {
            "/stop": lambda values, received_s: stop(),
            "/status/get": lambda values, received_s: status(range(1, len(voices) + 1)),
        }
        for name, action in ACTIONS.items():
            self._routes[f"/{name}"] = functools.partial(self._act, action, list(voices))
            for number, voice in enumerate(voices, 1):
                self._routes[f"/{number}/{name}"] = functools.partial(self._act, action, [voice])
        for number in range(1, len(voices) + 1):
            self._routes[f"/{number}/status/get"] = functools.partial(
                lambda number, values, received_s: status([number]), number
            )

    @property
    def addresses(self) -> list[str]:
        """All addresses, without patterns."""
        return list(self._routes)

    def handle(self, address: str, values: Sequence[Any], received_s: float) -> None:
        """Does what a message asks for; errors go to `report`, whatever they are."""
        try:
            route = self._routes.get(address)
            if route is not None:
                route(values, received_s)
                return
            for each in self._matching(address):
                each(values, received_s)
        except Exception as error:  # nothing that a message holds may end the playing
            self._report(error)

    def _act(
        self, action: Action, voices: list[Voice], values: Sequence[Any], received_s: float
    ) -> None:
        said = set()
        for voice in voices:
            try:
                action(voice, values, received_s)
            except Exception as error:
                voice.figures.errors += 1
                if str(error) not in said:  # once, if it is the same for all
                    self._report(error)
                said.add(str(error))

    def _matching(self, address: str) -> list[Callable]:
        if len(address) <= _MAX_ADDRESS and any(mark in address for mark in "*?[{"):
            pattern = _compile(address)
            # Each voice once, so not those for all of them; nothing dangerous by accident.
            found = [name for name in self._routes if name != "/stop" and pattern(name)]
            names = [name for name in found if name.count("/") > 1] or found
            if names:
                return [self._routes[name] for name in names]
        if address.rsplit("/", 1)[-1] in _OWN:  # an answer of ours that comes back
            return []
        near = difflib.get_close_matches(address[:_MAX_ADDRESS], self._routes, n=1)
        raise UserError(
            "a route such as /1/input",
            repr(address[:80]),
            f"did you mean {near[0]}?" if near else "see the README for all routes",
        )


@functools.lru_cache(256)
def _compile(address: str) -> Callable[[str], Any]:
    """What tells whether a name fits a pattern of OSC 1.0.

    Raises:
        UserError: if it is no pattern.
    """
    result, rest = [], address
    if address.count("*") + address.count("{") > _MAX_PATTERNS:
        raise UserError(f"at most {_MAX_PATTERNS} patterns in an address", repr(address[:80]))
    while rest:
        if found := re.match(r"\[(!?)([^\[\]/]+)\]", rest):
            characters = re.sub(r"([\\^\]&~|])", r"\\\1", found[2])
            result.append(f"[{'^/' if found[1] else ''}{characters}]")
        elif found := re.match(r"\{([^{}/]*)\}", rest):
            result.append(f"(?:{'|'.join(map(re.escape, found[1].split(',')))})")
        else:
            found = re.match(r".", rest, re.DOTALL)
            plain = {"*": "[^/]*", "?": "[^/]"}
            result.append(plain.get(found[0]) or re.escape(found[0]))
        rest = rest[found.end() :]
    try:
        return re.compile("".join(result)).fullmatch
    except re.error as error:
        raise UserError("a pattern as OSC has them", f"{address[:80]!r} ({error})") from error


def _number(values: Sequence[Any], what: str, low: float, high: float) -> float:
    """The one number that a message holds."""
    value = values[0] if len(values) == 1 else None
    if type(value) not in (int, float, bool) or not low <= value <= high:
        raise UserError(f"{what} from {low:g} to {high:g}", _shown(values))
    return value


def _shown(values: Sequence[Any]) -> str:
    shown = repr(list(values))
    return shown if len(shown) < 60 else "others"
