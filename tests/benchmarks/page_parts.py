"""The parts of the page: which benchmark each runs, what it needs, and what its figures mean."""

import dataclasses
import importlib.util
from collections.abc import Callable, Iterator

from tests.benchmarks import computer, page_rows
from tests.benchmarks.page_rows import Row

EXTRAS = 'python -m pip install -e ".[bench,serve]"'


@dataclasses.dataclass(frozen=True)
class Part:
    """One benchmark's place on the page.

    Attributes:
        name: as in `--only`.
        title: of its section.
        about: what is measured, for a reader of the page.
        arguments: after `python -m`.
        rows: makes rows of its JSON line.
        minutes: that it takes on two quiet cores.
        trial: arguments of a short trial, in place of `arguments`.
        modules: what has to be installed beside hachi_tf.
        machi: whether hachi machi's Python is named to it.
    """

    name: str
    title: str
    about: str
    arguments: tuple[str, ...]
    rows: Callable[[dict], Iterator[Row]]
    minutes: float
    trial: tuple[str, ...]
    modules: tuple[str, ...] = ()
    machi: bool = False

    def missing(self, python: str) -> str:
        """Why it cannot run here, and what to do; empty if it can.

        Args:
            python: that has hachi machi.
        """
        modules = [each for each in self.modules if importlib.util.find_spec(each) is None]
        if modules:
            return f"needs {', '.join(modules)}: {EXTRAS}"
        if self.machi and not computer.has(python, "hachi_machi"):
            return f"needs hachi machi: {EXTRAS}, or --python=PATH of an environment with it"
        return ""


PARTS = {
    part.name: part
    for part in (
        Part(
            "handwriting",
            "Training and sampling handwriting",
            "Graves's prediction network: 3 layers of 400 LSTM cells, 20 bivariate components. "
            "Training is a batch of 32 sequences of 200 steps: forward, loss, backward, clipping "
            "and Adam. Sampling draws one event after the other, ours in the loop inside the graph "
            "that exports use, PyTorch's a step at a time under `no_grad`, each with the number of "
            "threads that suits it. Memory is the peak less what imports cost. Network, loss and "
            "optimizer are the same, so a loss takes as many steps: but for the time that programs "
            "take to start, the ratio of training is that of the times to a quality.",
            ("tests.benchmarks",),
            page_rows.handwriting,
            4.0,
            ("tests.benchmarks", "--rounds=2"),
            ("torch",),
        ),
        Part(
            "text",
            "Training and sampling text",
            f"A network of {page_rows.network()}, each of which goes on where the one before "
            "stopped. Ours is the program's own pipeline and training step; PyTorch has all "
            "windows in memory.",
            ("tests.benchmarks.text",),
            page_rows.text,
            4.0,
            ("tests.benchmarks.text", "--rounds=2"),
            ("torch",),
        ),
        Part(
            "live",
            "A live step",
            "Networks of their default sizes play over OSC, timed by one client at 50 messages a "
            "second. The models are copies of one, which hachi_tf loads once; each different one "
            "takes a second or two more to start. hachi_tf imports TensorFlow: seconds.",
            ("tests.benchmarks.machi", "--epochs=0"),
            page_rows.live,
            2.5,
            ("tests.benchmarks.machi", "--epochs=0", "--messages=60", "--models", "1", "4"),
            machi=True,
        ),
        Part(
            "timing",
            "Playing alone",
            "A model plays 100 events a second on its own. Beside it a process that only sleeps "
            "until each moment shows what the machine itself allows.",
            ("tests.benchmarks.machi_timing", "--seconds=120"),
            page_rows.timing,
            3.0,
            ("tests.benchmarks.machi_timing", "--seconds=10"),
        ),
        Part(
            "serving",
            "Serving",
            "`hachi_tf.serve` on one thread with `exports/kanji`; each request asks for one "
            "drawing of up to 500 steps over REST. There is no peer in this table: TensorFlow "
            "Serving's own binary was not run beside it (`--rest=host:port` measures one).",
            ("tests.benchmarks.serving",),
            page_rows.serving,
            2.5,
            ("tests.benchmarks.serving", "--seconds=2", "--clients=1,4"),
            ("uvicorn", "h11", "orjson", "psutil"),
        ),
        Part(
            "learning",
            "Time to quality",
            "One table of 3,000 events of four columns, and the 1,000 events that follow held "
            "out. hachi machi trains for two epochs with its defaults; the time is ours, with "
            "`--learning_rate=0.01`, until its held-out loss is reached, looked at every 20 steps.",
            ("tests.benchmarks.machi", "--messages=0"),
            page_rows.learning,
            4.5,
            ("tests.benchmarks.machi", "--messages=0", "--epochs=1"),
            machi=True,
        ),
    )
}
