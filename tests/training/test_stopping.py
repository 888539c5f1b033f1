"""Signals end a training between two steps."""

import signal

import pytest

from hachi_tf.training.stopping import Interrupt


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_first_signal_asks_and_the_second_interrupts(number):
    before = signal.getsignal(number)
    with Interrupt() as interrupt:
        assert not interrupt.asked
        signal.raise_signal(number)
        assert interrupt.asked and interrupt.status == 128 + number
        with pytest.raises(KeyboardInterrupt) as raised:
            signal.raise_signal(number)
        assert raised.value.args == (128 + number,)
    assert signal.getsignal(number) == before
