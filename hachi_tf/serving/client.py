"""One client for a model wherever it runs: in this process, or behind REST or gRPC.

It speaks TensorFlow Serving's protocol, to TensorFlow Serving and to `hachi_tf.serve`, without
importing TensorFlow:

    with Client("http://localhost:8501", "kanji") as client:
        drawn = client.sample(num_samples=2, bias=0.5, seed=7)
"""

import contextlib
import copy
import itertools
import json
import os
import pathlib
import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from hachi_tf.errors import UserError
from hachi_tf.serving.event_chunks import event_chunks
from hachi_tf.serving.local import LocalTransport
from hachi_tf.serving.model import Model
from hachi_tf.serving.remote_model import make_model
from hachi_tf.serving.results import Samples, Scores, Step
from hachi_tf.serving.text_model import TextModel
from hachi_tf.serving.transports import (
    TEMPORARY,
    ServerError,
    Signatures,
    encode_all,
    with_a_step,
)

_FIRST_WAIT_S, _LONGEST_WAIT_S = 0.1, 2.0


class Client:
    """A model, with the methods of `hachi_tf.serving.model.Model`, or of `TextModel`.

    Which of the two it is, and what it takes, follows from the signatures that the server tells.
    Threads may share a client.

    Args:
        target: `http://host:port`, `https://...`, `grpc://host:port`, `grpcs://...`, the path of
            an export, or a `Model` of this process.
        model: the name that a server serves the model by.
        version: one version of it, or
        label: the label of one; by default the newest.
        timeout_s: the deadline of a call, with all that is done again within it.
        retries: how often a call is made again, at growing intervals, that failed because the
            server was away or busy. That is safe: answers depend on the request alone.
        token: for a server that wants one.
        description: `hachi.json`, its path or what it holds, for the names of columns, the labels
            of classes and the limit of steps, which TensorFlow Serving's protocol does not tell.
            `hachi_tf.serve` tells them over REST, and an export for a target has them.

    Raises:
        UserError: if an argument is out of range, or there is no export at a path.
    """

    def __init__(
        self,
        target: Any,
        model: str = "",
        version: int | None = None,
        label: str | None = None,
        timeout_s: float = 60.0,
        retries: int = 3,
        token: str | None = None,
        description: str | os.PathLike | Mapping[str, Any] | None = None,
    ):
        if not timeout_s > 0:
            raise UserError("a timeout_s above 0", str(timeout_s))
        if version is not None and label is not None:
            raise UserError("either a version or a label", "both")
        self.timeout_s, self.retries = timeout_s, retries
        self._transport = _transport(target, model, version, label, token)
        self._description = _read(description)
        self._known: dict[str, Any] = {}

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()

    def close(self) -> None:
        """Closes connections."""
        self._transport.close()

    def within(self, timeout_s: float) -> "Client":
        """The same client with another deadline a call; it shares connections."""
        if not timeout_s > 0:
            raise UserError("a timeout_s above 0", str(timeout_s))
        other = copy.copy(self)
        other.timeout_s = timeout_s
        # What is bound to the deadline is made again, but the server is not asked again.
        other._known = {name: value for name, value in self._known.items() if name != "model"}
        return other

    def sample(self, num_samples: int = 1, **options: Any) -> Samples:
        """Draws sequences from the beginning.

        Args:
            num_samples: how many.
            **options: as for `Model.sample`, or of a model of text `TextModel.sample`.

        Raises:
            ServerError: if there is no answer.
            UserError: if an argument is out of range.
        """
        return self.model.sample(num_samples, **options)

    def continue_(self, state: np.ndarray, **options: Any) -> Samples:
        """Goes on from a state; chunks joined equal one `sample`.

        Args:
            state: float32 `[B, S]` as an earlier call returned it.
            **options: as for `Model.continue_`, or of a model of text `TextModel.continue_`.

        Raises:
            ServerError: if there is no answer.
            UserError: if an argument is out of range.
        """
        return self.model.continue_(state, **options)

    def step(self, state: np.ndarray | None = None, **options: Any) -> Step:
        """Draws one event a row.

        Args:
            state: as an earlier call returned it, the beginning of one sequence by default.
            **options: as for `Model.step`, or of a model of text `TextModel.step`.

        Raises:
            ServerError: if there is no answer.
            UserError: if an argument is out of range.
        """
        return self.model.step(state, **options)

    def log_prob(self, sequences: Sequence[Any] | str | bytes, **options: Any) -> Scores:
        """Scores sequences.

        Args:
            sequences: arrays `[T, F]`, or for a model of text texts.
            **options: as for `Model.log_prob`, or of a model of text `TextModel.log_prob`.

        Raises:
            ServerError: if there is no answer.
            UserError: if an argument is out of range.
        """
        return self.model.log_prob(sequences, **options)

    def stream(
        self, num_steps: int | None = None, chunk: int = 32, **options: Any
    ) -> Iterator[str] | Iterator[Samples]:
        """Draws in chunks, each as soon as it is there; joined they equal one `sample`.

        Args:
            num_steps: the most events of a sequence, also more than one call may draw; by default
                there is no end but that which the model has learned.
            chunk: how many events are drawn at a time.
            **options: as for `sample`; of a model of text as for `TextModel.stream`.

        Returns:
            An iterator over `Samples`, one a chunk, until all rows have ended; of a model of text
            over pieces of text, as `TextModel.stream` gives them.

        Raises:
            ServerError: if there is no answer.
            UserError: if an argument is out of range.
        """
        if isinstance(self.model, TextModel):
            return self.model.stream(num_steps=num_steps, chunk=chunk, **options)
        return event_chunks(self.model, num_steps, chunk, **options)

    def predict(self, signature: str, **inputs: Any) -> dict[str, np.ndarray]:
        """Calls a signature as it is.

        Args:
            signature: its name.
            **inputs: all of its inputs; each has the batch first.

        Returns:
            Its outputs by name; strings are bytes in arrays of objects.

        Raises:
            ServerError: if there is no answer.
            UserError: if there is no such signature, or an input is missing or of another type.
        """
        return self._predict(signature, encode_all(self.signatures, signature, inputs))

    def status(self) -> dict[int, str]:
        """The state of each version that the server knows, e.g. `{1: "AVAILABLE"}`.

        Raises:
            ServerError: if there is no answer.
        """
        return self._ask(self._transport.status)

    def wait(self, timeout_s: float) -> None:
        """Waits until the model is served.

        Raises:
            ServerError: if it is not by then.
        """
        deadline = time.monotonic() + timeout_s
        while True:
            with contextlib.suppress(ServerError):
                if "AVAILABLE" in self._transport.status(min(timeout_s, 5.0)).values():
                    return
            if time.monotonic() > deadline:
                message = f"not served within {timeout_s:g} s"
                raise ServerError("UNAVAILABLE", message, self._transport.server)
            time.sleep(min(_FIRST_WAIT_S, timeout_s))

    @property
    def signatures(self) -> Signatures:
        """Types and shapes of each signature's inputs and outputs, as in `hachi.json`."""
        if "signatures" not in self._known:
            self._known["signatures"] = self._ask(self._transport.signatures)
        return self._known["signatures"]

    @property
    def model(self) -> Model:
        """What the methods call: a `Model` or `TextModel` over this client's connection.

        Raises:
            UserError: if what is served is no export of hachi_tf.
        """
        if self._transport.model is not None:
            return self._transport.model
        if "model" not in self._known:
            description = self._description
            if description is None:
                description = self._ask(self._transport.description)
            self._known["model"] = make_model(self.signatures, self._predict, description)
        return self._known["model"]

    def _predict(self, name: str, inputs: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        signatures = self.signatures
        inputs = {key: with_a_step(array) for key, array in inputs.items()}
        return self._ask(lambda left_s: self._transport.predict(signatures, name, inputs, left_s))

    def _ask(self, call: Callable[[float], Any]) -> Any:
        """Makes a call, and again where that may help and there is time."""
        deadline = time.monotonic() + self.timeout_s
        for attempt in itertools.count():
            try:
                return call(max(deadline - time.monotonic(), 1e-3))
            except ServerError as error:
                longest = min(_FIRST_WAIT_S * 2**attempt, _LONGEST_WAIT_S)
                # At random, so that clients that failed together do not come back together.
                wait_s = max(error.retry_after_s, random.SystemRandom().uniform(0.0, longest))
                late = time.monotonic() + wait_s >= deadline
                if error.code not in TEMPORARY or attempt >= self.retries or late:
                    raise
                time.sleep(wait_s)


def _transport(target: Any, *options: Any) -> Any:
    scheme = target.partition("://")[0] if isinstance(target, str) and "://" in target else ""
    if scheme in ("http", "https"):
        from hachi_tf.serving.rest_client import RestTransport

        return RestTransport(target, *options)
    if scheme in ("grpc", "grpcs"):
        from hachi_tf.serving.grpc_client import GrpcTransport

        return GrpcTransport(target, *options)
    if scheme:
        raise UserError("a target of http://, https://, grpc:// or grpcs://, or a path", target)
    return LocalTransport(target)


def _read(description: Any) -> Mapping[str, Any] | None:
    if description is None or isinstance(description, Mapping):
        return description
    try:
        return json.loads(pathlib.Path(description).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UserError("the hachi.json of an export", f"{description}: {error}") from error
