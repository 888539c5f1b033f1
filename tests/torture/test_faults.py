"""Quick versions of `python -m tests.torture`, in this process; kills are in test_train_resumed."""

import os
import random
import shutil
import time

import numpy as np
import pytest

from hachi_tf.training.checkpoints import Checkpoints
from tests.runs import final_arrays
from tests.torture.faults import damage, jumping


def test_damaged_checkpoint_gives_way_to_the_one_before(tmp_path, tiny_run, caplog):
    run_dir = tmp_path / "run"
    shutil.copytree(tiny_run, run_dir)
    paths = sorted((run_dir / "checkpoints").glob("step-*.npz"))
    whole, chosen, taken = paths[-1].read_bytes(), random.Random(0), []
    for _ in range(100):
        paths[-1].write_bytes(damage(whole, chosen))
        caplog.clear()
        arrays, metadata = Checkpoints(run_dir / "checkpoints").latest()
        taken.append(metadata["step"])
        said = [record.getMessage() for record in caplog.records]
        assert len(said) == (metadata["step"] != 32)
        assert all(paths[-1].name in line and line.isprintable() for line in said)
        for name, value in final_arrays(tiny_run)[0].items() if metadata["step"] == 32 else ():
            found = next(v for k, v in arrays.items() if k.startswith(name + "."))
            np.testing.assert_array_equal(found, value)
    assert taken.count(30) > 50


@pytest.mark.skipif(os.name != "posix", reason="sets a limit on files")
def test_full_disk_ends_with_one_line_and_the_run_goes_on_while_the_clock_jumps(
    tmp_path, sketches, tiny_run, tiny_flags, failing_program, train_here, monkeypatch
):
    import resource

    run_dir = tmp_path / "run"
    size = max(path.stat().st_size for path in (tiny_run / "checkpoints").iterdir())
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size - 1000, before[1]))
    try:
        done = failing_program("train", sketches, f"--run_dir={run_dir}", *tiny_flags)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert done.returncode == 2 and done.stderr.count("error: ") == 1
    assert "a place that can be written to" in done.stderr and "free some space" in done.stderr
    monkeypatch.setattr(time, "time", jumping(time.time))
    train_here(*([] if (run_dir / "config.json").exists() else tiny_flags), sketches,
               f"--run_dir={run_dir}")  # fmt: skip
    (arrays, metadata), (expected, wanted) = final_arrays(run_dir), final_arrays(tiny_run)
    assert metadata == wanted
    for name, value in expected.items():
        np.testing.assert_array_equal(arrays[name], value, err_msg=name)
