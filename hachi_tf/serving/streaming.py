"""Events sent as they are drawn, as server-sent events.

The signature is called for the first steps only, then `continue` for the next ones with the state
that stays here, so that the chunks joined are what one call draws. Each chunk is an event `chunk`
with the outputs that have steps; the last event is `end`, with all others, the number of events and
the state to go on from.
"""

import asyncio
from typing import Any

import numpy as np

from hachi_tf.serving import rest_json
from hachi_tf.serving.asgi import Disconnected, Send, begin
from hachi_tf.serving.core import DEFAULT, Core
from hachi_tf.serving.failures import Failure, invalid
from hachi_tf.serving.servable import Servable

CHUNK_STEPS = 25
"""How many events are drawn before they are sent."""

_STREAMED = (DEFAULT, "sample", "continue", "sample_primed")
_MOST_CHUNK_STEPS = 1000
_TEXTS = ("text", "text_bytes")  # what was drawn, of a model of text


async def stream(
    core: Core,
    servable: Servable,
    signature: str,
    inputs: dict[str, np.ndarray],
    options: dict[str, Any],
    send: Send,
    headers: list[tuple[str, str]],
) -> None:
    """Draws one sequence and sends it in chunks.

    Args:
        core: what computes.
        servable: which version.
        signature: `sample`, `continue` or `sample_primed`.
        inputs: checked, of one row.
        options: may have `chunk_steps`.
        send: ASGI's.
        headers: more headers for the answer.

    Raises:
        Failure: before anything was sent; after that, an event `error` is.
        Disconnected: if the client does not read what it is sent.
    """
    chunk_steps = _checked(servable, signature, inputs, options)
    left = min(max(int(inputs["num_steps"][0]), 0), servable.max_steps)
    known = inputs.get("known")
    left = left if known is None else min(left, known.shape[1])
    total, has_begun, end = 0, False, {}
    following = servable.signatures["continue"].inputs
    try:
        while True:
            wanted = min(chunk_steps, left)
            inputs = inputs | {"num_steps": np.full(1, wanted, np.int32)}
            merges = core.reproducible
            outputs = await core.compute(
                servable, signature, inputs, merges=merges, always=has_begun
            )
            length = int(outputs["lengths"][0])
            total, left = total + length, left - length
            is_last = left <= 0 or length < wanted or bool(outputs["ended"][0])
            if not has_begun:
                await begin(send, 200, "text/event-stream", headers)
                has_begun = True
            chunk = _chunk(servable, signature, outputs, length)
            # Some outputs only the first call has, e.g. what was left out of a prime.
            end |= {name: value for name, value in outputs.items() if name not in chunk}
            if length:
                await _send(core, send, "chunk", rest_json.row_to_json(chunk))
            if is_last:
                end["lengths"] = np.full(1, total, np.int32)
                await _send(core, send, "end", rest_json.row_to_json(end))
                break
            inputs = {name: inputs[name] for name in following if name != "state"}
            inputs["state"], signature = outputs["state"], "continue"
            if known is not None:  # its rows are those of the events to draw
                inputs["known"] = known[:, total:]
    except Failure as failure:
        if not has_begun:
            raise
        body = rest_json.dumps({"error": failure.message, "code": failure.code})
        await _send(core, send, "error", body)
    await send({"type": "http.response.body", "body": b"", "more_body": False})


def _checked(
    servable: Servable, signature: str, inputs: dict[str, np.ndarray], options: dict[str, Any]
) -> int:
    """How many steps a chunk has."""
    if signature not in _STREAMED or "continue" not in servable.signatures:
        raise invalid(f"expected a stream of sample, continue or sample_primed; got {signature}")
    if len(inputs["num_steps"]) != 1:
        raise invalid(f"expected one row to stream; got {len(inputs['num_steps'])}")
    if "prime" in inputs and "prime_text" in inputs:
        raise invalid("a written text with a prime cannot be streamed; use a style")
    chunk_steps = options.get("chunk_steps", CHUNK_STEPS)
    if type(chunk_steps) is not int or not 1 <= chunk_steps <= _MOST_CHUNK_STEPS:
        raise invalid(f"expected chunk_steps from 1 to {_MOST_CHUNK_STEPS}")
    return chunk_steps


def _chunk(
    servable: Servable, signature: str, outputs: dict[str, np.ndarray], length: int
) -> dict[str, np.ndarray]:
    """The outputs that each chunk has more of."""
    specs = servable.signatures[signature].outputs
    chunk = {name: outputs[name][:, :length] for name, spec in specs.items() if spec.has_steps}
    return chunk | {name: outputs[name] for name in _TEXTS if name in outputs}


async def _send(core: Core, send: Send, event: str, data: bytes) -> None:
    """Sends one event.

    Raises:
        Disconnected: if the client does not read it in time, and so could not be told anything.
    """
    body = b"event: " + event.encode() + b"\ndata: " + data + b"\n\n"
    try:
        async with asyncio.timeout(core.limits.timeout_s):
            await send({"type": "http.response.body", "body": body, "more_body": True})
    except TimeoutError as error:
        raise Disconnected from error
