"""A program that plays models over OSC, and a client that times it."""

import socket
import struct
import subprocess
import sys
import time

import numpy as np
from pythonosc.osc_message import OscMessage
from pythonosc.osc_message_builder import OscMessageBuilder

HOST = "127.0.0.1"
_SO_TIMESTAMPNS = 35  # of Linux; Python has no name for it


def message(address: str, *values: float) -> bytes:
    """An OSC message of floats."""
    builder = OscMessageBuilder(address)
    for value in values:
        builder.add_arg(float(value), OscMessageBuilder.ARG_TYPE_FLOAT)
    return builder.build().dgram


def free_port() -> int:
    """A UDP port from 1000 to 9999, where hachi machi's have to be, that nobody uses."""
    for port in np.random.default_rng().permutation(np.arange(5000, 10_000)):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            try:
                probe.bind((HOST, int(port)))
            except OSError:
                continue
            return int(port)
    raise RuntimeError("no free port")


class Player:
    """A process that plays, and the client's socket.

    Args:
        command: the program; `{in_port}` and `{out_port}` stand for the ports.
        timeout_s: how long it may take to say `/status 1`.
        env: its environment.

    Attributes:
        startup_s: seconds from the process's start to `/status 1`.

    Raises:
        RuntimeError: if it does not say so in time.
    """

    def __init__(
        self, command: list[str], timeout_s: float = 300.0, env: dict[str, str] | None = None
    ):
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((HOST, free_port()))
        self._in_port = free_port()
        ports = {"in_port": self._in_port, "out_port": self._socket.getsockname()[1]}
        start = time.perf_counter()
        self._process = subprocess.Popen(
            [each.format(**ports) for each in command],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=env,
        )
        try:
            while self._receive(1.0) != ("/status", [1]):
                if self._process.poll() is not None or time.perf_counter() - start > timeout_s:
                    raise RuntimeError(f"no /status 1; run it to see why: {' '.join(command)}")
        except RuntimeError:
            self.close()
            raise
        self.startup_s = time.perf_counter() - start

    def round_trips(self, values: list[float], models: int, count: int, rate_hz: float):
        """Times `/input` to all models until the last has answered.

        Args:
            values: an event's.
            models: how many answers to wait for.
            count: how many messages.
            rate_hz: messages a second; slower if the answers take longer.

        Returns:
            Milliseconds of each, `[count]`; inf where an answer did not come in a second.
        """
        packet, times = message("/input", *values), []
        for index in range(-20, count):  # the first 20 warm up
            start = time.perf_counter()
            self._socket.sendto(packet, (HOST, self._in_port))
            answers = [self._receive(1.0) for _ in range(models)]
            took = time.perf_counter() - start
            complete = all(each and each[0].endswith("/output") for each in answers)
            if index >= 0:
                times.append(1e3 * took if complete else np.inf)
            time.sleep(max(0.0, 1.0 / rate_hz - took))
        return np.array(times)

    def arrivals(self, seconds: float) -> list[float]:
        """When each `/output` came, of a model that plays on its own, in seconds.

        On Linux that is when the system took the message from the program, however late this
        process wakes up to read it.
        """
        if sys.platform == "linux":
            self._socket.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
        times: list[float] = []
        until = time.perf_counter() + seconds
        while time.perf_counter() < until:
            try:
                packet, others, *_ = self._socket.recvmsg(65536, 1024)
            except TimeoutError:
                continue
            stamps = [data for _, kind, data in others if kind == _SO_TIMESTAMPNS]
            at = time.perf_counter()
            if stamps:
                whole, billionths = struct.unpack("@qq", stamps[0][:16])
                at = whole + 1e-9 * billionths
            if OscMessage(packet).address.endswith("/output"):
                times.append(at)
        return times

    def close(self) -> None:
        """Stops the program."""
        self._socket.sendto(message("/stop"), (HOST, self._in_port))
        try:
            self._process.wait(10.0)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._socket.close()

    def _receive(self, timeout_s: float):
        """Address and values of the next message, or None."""
        self._socket.settimeout(timeout_s)
        try:
            received = OscMessage(self._socket.recv(65536))
        except TimeoutError:
            return None
        return received.address, list(received.params)
