"""OSC in and out over UDP, for one thread that waits for messages and for what is due."""

import collections
import contextlib
import select
import socket
import time
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from hachi_tf.errors import UserError
from hachi_tf.performing.receiver import Receiver

_LARGEST = 65_536  # bytes of a datagram
_AT_ONCE = 256  # datagrams taken from the system before anything else is done
_LONGEST_DELAY_S = 3600.0  # of a bundle with a time tag


class Datagram(NamedTuple):
    """What came, and when, in seconds on the clock."""

    received_s: float
    content: bytes


class Message(NamedTuple):
    """A message of a datagram.

    Attributes:
        due_s: when it should be done, on the clock; later than it came only in a bundle that
            says so.
        address: e.g. `"/1/input"`.
        values: its arguments.
    """

    due_s: float
    address: str
    values: list[Any]


class Inbox:
    """Datagrams that wait, at most so many; the oldest give way.

    Inputs give way to inputs only, so that `/stop` and `/reset` get through a flood of inputs.

    Args:
        most: how many inputs, and how many others.

    Attributes:
        dropped: how many gave way.
    """

    def __init__(self, most: int = 256):
        self._most, self._number, self.dropped = most, 0, 0
        self._inputs: collections.deque = collections.deque()
        self._others: collections.deque = collections.deque()

    def __len__(self) -> int:
        return len(self._inputs) + len(self._others)

    def put(self, datagram: Datagram) -> None:
        """Adds a datagram."""
        end = datagram.content.find(b"\0")
        is_input = datagram.content.startswith(b"input", max(end - 5, 0))
        queue = self._inputs if is_input else self._others
        if len(queue) >= self._most:
            queue.popleft()
            self.dropped += 1
        self._number += 1
        queue.append((self._number, datagram))

    def pop(self) -> Datagram | None:
        """Takes the oldest datagram, None if there is none."""
        queue = self._inputs
        if self._others and (not queue or self._others[0][0] < queue[0][0]):
            queue = self._others
        return queue.popleft()[1] if queue else None


class OscPort(Receiver):
    """Receives OSC at one port, and sends it to configured places and nowhere else.

    Args:
        in_host: the address to listen at.
        in_port: the port; 0 takes a free one.
        out_hosts: where to send everything to.
        out_port: the port there.
        allow: networks that messages are taken from; this machine's loopback if none is given.
        clock: seconds that do not jump.

    Attributes:
        inbox: what came.
        num_unsent: datagrams that the system would not send.

    Raises:
        UserError: if the port is taken, or a host or network is none.
    """

    def __init__(
        self,
        in_host: str,
        in_port: int,
        out_hosts: Sequence[str],
        out_port: int,
        allow: Sequence[str] = (),
        clock: Callable[[], float] = time.perf_counter,
    ):
        self._targets = [_target(host, out_port) for host in dict.fromkeys(out_hosts)]
        super().__init__(in_host, in_port, allow, clock)
        self._socket.setblocking(False)
        self._sockets: dict[int, socket.socket] = {}
        for family, _ in self._targets:
            if family not in self._sockets:
                self._sockets[family] = opened = socket.socket(family, socket.SOCK_DGRAM)
                opened.setblocking(False)
                with contextlib.suppress(OSError):
                    opened.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        self._wakes, self._waker = socket.socketpair()
        self._wakes.setblocking(False)
        self._waker.setblocking(False)
        self.inbox, self.num_unsent = Inbox(), 0

    def wait(self, seconds: float) -> None:
        """Waits until something comes, `wake` is called or the time is over."""
        ready, _, _ = select.select([self._socket, self._wakes], [], [], max(seconds, 0.0))
        if self._wakes in ready:
            with contextlib.suppress(OSError):
                self._wakes.recv(4096)

    def wake(self) -> None:
        """Ends `wait`; from any thread."""
        with contextlib.suppress(OSError):
            self._waker.send(b"x")

    def drain(self) -> None:
        """Takes what has come into the inbox."""
        for _ in range(_AT_ONCE):
            try:
                content, (source, *_) = self._socket.recvfrom(_LARGEST)
            except BlockingIOError:
                return
            except OSError:  # Windows: what we sent somewhere came back
                continue
            if self._is_allowed(source):
                self.inbox.put(Datagram(self._clock(), content))
            else:
                self.num_refused += 1

    def discard(self) -> None:
        """Throws away what has come so far."""
        for _ in range(100_000):
            try:
                self._socket.recvfrom(_LARGEST)
            except OSError:
                return

    def send(self, address: str, *values: float | int | str) -> None:
        """Sends a message to all places; numbers with a point as float32, others as int32.

        What cannot be sent is counted.
        """
        try:
            content = _build(address, values)
        except Exception:  # the builder raises what it likes, e.g. for a number beyond float32
            self.num_unsent += 1
            return
        for family, where in self._targets:
            try:
                self._sockets[family].sendto(content, where)
            except OSError:
                self.num_unsent += 1

    def close(self) -> None:
        """Frees the port and the sockets."""
        super().close()
        for opened in (*self._sockets.values(), self._wakes, self._waker):
            opened.close()


def read(datagram: Datagram) -> list[Message]:
    """The messages of a datagram; those of a bundle when its time tag says.

    Raises:
        UserError: if it is not OSC.
    """
    from pythonosc.osc_message import OscMessage
    from pythonosc.osc_packet import OscPacket

    try:
        if datagram.content.startswith(b"/"):
            message = OscMessage(datagram.content)
            return [Message(datagram.received_s, message.address, message.params)]
        now, result = time.time(), []  # time tags are of the time of day
        for timed in OscPacket(datagram.content).messages:
            delay = min(max(timed.time - now, 0.0), _LONGEST_DELAY_S)
            due_s = datagram.received_s + (delay if delay > 0.001 else 0.0)
            result.append(Message(due_s, timed.message.address, timed.message.params))
        return result
    except Exception as error:  # whatever the parser trips over, the datagram is at fault
        raise UserError(
            "OSC messages", f"{len(datagram.content)} other bytes", "look at what sends them"
        ) from error


def _build(address: str, values: Sequence[float | int | str]) -> bytes:
    from pythonosc.osc_message_builder import OscMessageBuilder

    builder = OscMessageBuilder(address)
    for value in values:
        builder.add_arg(value, {float: "f", int: "i"}.get(type(value), "s"))
    return builder.build().dgram


def _target(host: str, port: int) -> tuple[int, Any]:
    """The family and the address of a place to send to."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)[0]
    except (OSError, UnicodeError) as error:
        raise UserError("a host to send to for --out_host", f"{host!r} ({error})") from error
    return found[0], found[4]
