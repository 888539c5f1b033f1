"""OSC in, over UDP: messages one after the other, with the time at which they came."""

import collections
import contextlib
import ipaddress
import select
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from pythonosc.osc_message import OscMessage
from pythonosc.osc_packet import OscPacket

from hachi_tf.errors import UserError

LOOPBACK = ("127.0.0.0/8", "::1/128")
_BUFFER_BYTES = 4 << 20  # what the system keeps of a flood while we are busy
_LARGEST = 65_536  # bytes of a datagram
_POLL_S = 0.2  # so often an idle receiver looks whether it is to stop
_AT_ONCE = 16  # datagrams read before those that came meanwhile are fetched from the system
_MOST_WAITING = 200_000  # datagrams


class Message(NamedTuple):
    """An OSC message.

    Attributes:
        arrived_s: when it came, by the receiver's clock.
        address: e.g. `"/input"`.
        arguments: its arguments.
    """

    arrived_s: float
    address: str
    arguments: list[Any]


class Receiver:
    """Receives OSC messages; those in bundles count as received with their bundle.

    Args:
        host: the address to listen at.
        port: the port; 0 takes a free one.
        allow: networks that messages are taken from, e.g. `"192.168.1.0/24"`; this machine's
            loopback if none is given.
        clock: seconds that do not jump.

    Attributes:
        port: the port that it listens at.
        num_refused: messages from elsewhere.
        num_damaged: datagrams that are not OSC.

    Raises:
        UserError: if the port is taken, or a network or the host is none.
    """

    def __init__(
        self,
        host: str,
        port: int,
        allow: Sequence[str] = (),
        clock: Callable[[], float] = time.monotonic,
    ):
        self._networks = [_network(each) for each in allow or LOOPBACK]
        self._allowed: dict[str, bool] = {}
        self._clock = clock
        self.num_refused = self.num_damaged = 0
        self._socket = _bind(host, port)
        self.host, self.port = host, self._socket.getsockname()[1]

    def messages(self, stopped: Callable[[], bool] = lambda: False) -> Iterator[Message]:
        """Messages as they come, until `stopped` says so and those that had come are read.

        The system keeps little of a flood, so what has come is fetched before more is read.
        """
        waiting: collections.deque[tuple[float, str, bytes]] = collections.deque()
        while not (ends := stopped()) or waiting:
            if not ends:
                self._fetch(waiting)
            for _ in range(min(len(waiting), _AT_ONCE)):
                yield from self._read(*waiting.popleft())

    def _fetch(self, waiting: collections.deque) -> None:
        """Fetches the datagrams that came; waits for one, for a while, if there is none."""
        if not waiting:
            select.select([self._socket], [], [], _POLL_S)
        while len(waiting) < _MOST_WAITING:
            try:
                datagram, (source, *_) = self._socket.recvfrom(_LARGEST)
            except BlockingIOError:
                return
            except ConnectionResetError:  # Windows: what we sent somewhere came back
                continue
            waiting.append((self._clock(), source, datagram))

    def _read(self, arrived_s: float, source: str, datagram: bytes) -> Iterator[Message]:
        if not self._is_allowed(source):
            self.num_refused += 1
            return
        try:
            found = _parse(datagram)
        except Exception:  # whatever the parser trips over, the datagram is at fault
            self.num_damaged += 1
            return
        for message in found:
            yield Message(arrived_s, message.address, list(message.params))

    def close(self) -> None:
        """Frees the port."""
        self._socket.close()

    def _is_allowed(self, source: str) -> bool:
        if source not in self._allowed:
            if len(self._allowed) > 10_000:
                self._allowed.clear()
            address = ipaddress.ip_address(source.partition("%")[0])
            address = getattr(address, "ipv4_mapped", None) or address
            self._allowed[source] = any(address in network for network in self._networks)
        return self._allowed[source]


def _parse(datagram: bytes) -> list[OscMessage]:
    if datagram.startswith(b"/"):
        return [OscMessage(datagram)]
    return [timed.message for timed in OscPacket(datagram).messages]


def _network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError as error:
        raise UserError("a network such as 192.168.1.0/24 for --allow", repr(text)) from error


def _bind(host: str, port: int) -> socket.socket:
    found = None
    try:
        family, kind, protocol, _, where = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)[0]
        found = socket.socket(family, kind, protocol)
        exclusive = getattr(socket, "SO_EXCLUSIVEADDRUSE", None)  # Windows shares ports otherwise
        if exclusive is not None:
            found.setsockopt(socket.SOL_SOCKET, exclusive, 1)
        with contextlib.suppress(OSError):
            found.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER_BYTES)
        found.bind(where)
    except (OSError, UnicodeError) as error:
        if found is not None:
            found.close()
        raise UserError(
            "a free UDP port at an address of this machine",
            f"{host}:{port} ({getattr(error, 'strerror', None) or error})",
            "end the other program, or choose another --in_port",
        ) from error
    found.setblocking(False)
    return found
