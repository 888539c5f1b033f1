"""Texts compressed with a network and an arithmetic coder, and back again.

The network says how probable each next character is, and the coder, a range coder of the package
`constriction`, spends as many bits on the one that comes as its improbability asks for. Both ways
the network takes the same steps, one character at a time, so that its numbers are the same to the
last bit; that holds on one machine and with one version of TensorFlow.
"""

import os
import struct
import zlib
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np
import tensorflow as tf

from hachi_tf.errors import UserError
from hachi_tf.evaluation.text_scores import class_pieces, text_size, utf8_chunks
from hachi_tf.files import atomic_path

MAGIC = b"hachi_tf text 1\n"
_CHECKED = 2000  # characters of a compressed data set, which are decompressed again


class TextCoder:
    """Compresses texts with a network.

    Args:
        network: a built network of long texts: of one column of characters or bytes, without a
            learned end.

    Raises:
        UserError: for another network, or if `constriction` is not installed.
    """

    def __init__(self, network: Any):
        try:
            import constriction
        except ImportError:
            raise UserError(
                "the package constriction to compress", "none", 'pip install "hachi_tf[compress]"'
            ) from None
        schema = network.schema
        if not schema.text_unit or schema.end_of_sequence:
            raise UserError("a network of long texts to compress", ", ".join(schema.names))
        self._library, self._network = constriction.stream, network
        self._of_bytes = schema.text_unit == "byte"
        self._pieces = class_pieces(schema)
        names = self._pieces if self._of_bytes else [piece.decode() for piece in self._pieces]
        self._classes = {name: index for index, name in enumerate(names)}
        self._step = tf.function(
            lambda event, state: network.step(event, state),
            input_signature=[
                tf.TensorSpec([1, 1], tf.float32),
                [tf.TensorSpec([1, size], tf.float32) for size in network.state_shapes],
            ],
            autograph=False,
        )

    def compress(
        self, text: str | bytes, progress: Callable[[range], Iterable[int]] = iter
    ) -> bytes:
        """A text -> bytes.

        Args:
            text: a string in normal form C for a network of characters, else bytes.
            progress: goes through the numbers of the characters, and may show how far it is.

        Raises:
            UserError: if the text has characters that the network lacks.
        """
        units = [text[i : i + 1] for i in range(len(text))] if self._of_bytes else text
        missing = sorted(set(units) - set(self._classes))
        if missing:
            raise UserError("characters that the network knows", repr(missing[0]))
        classes, encoder = (
            [self._classes[unit] for unit in units],
            self._library.queue.RangeEncoder(),
        )
        steps = self._models()
        model = next(steps)
        for number in progress(range(len(classes))):
            encoder.encode(classes[number], model)
            model = steps.send(classes[number])
        checksum = zlib.crc32(self._joined(classes))
        words = encoder.get_compressed().astype("<u4").tobytes()
        return MAGIC + struct.pack("<QI", len(classes), checksum) + words

    def decompress(self, data: bytes, limit: int | None = None) -> str | bytes:
        """What `compress` made of a text -> the text.

        Args:
            data: the bytes.
            limit: stop after so many characters, unchecked; None for all of them.

        Raises:
            UserError: if it is no such file, damaged, or made with another network or machine.
        """
        try:
            if not data.startswith(MAGIC):
                raise ValueError("another beginning")
            count, checksum = struct.unpack_from("<QI", data, len(MAGIC))
            words = np.frombuffer(data, "<u4", offset=len(MAGIC) + 12).astype(np.uint32)
        except (ValueError, struct.error) as error:
            raise UserError("a text that hachi_tf compressed", str(error)) from None
        decoder = self._library.queue.RangeDecoder(words)
        steps, classes = self._models(), []
        model = next(steps)
        for _ in range(count if limit is None else min(limit, count)):
            classes.append(int(decoder.decode(model)))
            model = steps.send(classes[-1])
        joined = self._joined(classes)
        if len(classes) == count and zlib.crc32(joined) != checksum:
            raise UserError(
                "the network and the machine that compressed this",
                "others, or a damaged file",
                "decompress where it was compressed",
            )
        return joined if self._of_bytes else joined.decode()

    def _models(self) -> Iterator[Any]:
        """Yields the coder's model of each next class, and is sent the class that came."""
        state = [tf.zeros([1, size]) for size in self._network.state_shapes]
        # As in teacher forcing, zeros stand before the first event, though it is a class.
        event = 0
        while True:
            params, state = self._step(tf.constant([[event]], tf.float32), state)
            logits = params.numpy()[0].astype(np.float64)
            shares = np.exp(logits - logits.max())
            event = yield self._library.model.Categorical(shares / shares.sum(), perfect=False)

    def _joined(self, classes: Iterable[int]) -> bytes:
        return b"".join(self._pieces[index] for index in classes)


def compress_dataset(
    path: str | os.PathLike, network: Any, dataset: Any, progress: Callable[[range], Iterable[int]]
) -> int:
    """Writes the text of a data set to a file, compressed, and decompresses its beginning.

    Args:
        path: the file.
        network: as for `TextCoder`.
        dataset: its sequences are compressed as one text.
        progress: as for `TextCoder.compress`.

    Returns:
        The file's size in bytes.

    Raises:
        UserError: if the text cannot be compressed, or its beginning comes out another.
    """
    coder, schema = TextCoder(network), network.schema
    if unknown := text_size(dataset, schema).unknown:
        raise UserError("a text of characters that the network knows", f"{unknown} others")
    text: Any = b"".join(utf8_chunks(dataset, schema))
    text = text if schema.text_unit == "byte" else text.decode()
    data = coder.compress(text, progress)
    if coder.decompress(data, _CHECKED) != text[:_CHECKED]:
        raise UserError("a network whose steps can be taken again", "one that gives other numbers")
    with atomic_path(path) as aside:
        aside.write_bytes(data)
    return len(data)
