"""A row's answer is the same whatever its neighbours, bit for bit."""

import numpy as np
import pytest

from hachi_tf.serving import warmup
from hachi_tf.serving.merging import kind, merge, padded_rows, split
from hachi_tf.serving.servable import Servable


@pytest.fixture(scope="module")
def servables(version_dir, writer):
    return [Servable(path, "model", 1) for path in (version_dir, writer.path)]


def request(servable, signature, rows, steps, seed):
    """Random inputs of a signature; those with steps have `steps` of them."""
    rng = np.random.default_rng(seed)
    inputs = warmup.example_inputs(servable.metadata, signature, rows, steps)
    for name, value in inputs.items():
        if name == "seed":
            inputs[name] = rng.integers(0, 2**31, value.shape).astype(np.int32)
        elif name in ("text", "prime_text"):
            letters = [b"abcdefgh "[i : i + 1] for i in rng.integers(0, 9, steps + rows)]
            inputs[name][:] = [b"a" + b"".join(letters[: steps + row]) for row in range(rows)]
        elif name in ("events", "prime", "event"):
            inputs[name] = rng.normal(size=value.shape, scale=3).astype(np.float32)
            inputs[name][..., 2] = inputs[name][..., 2] > 0
        elif name in ("bias", "temperature"):
            inputs[name] = rng.uniform(0.2, 1.5, value.shape).astype(np.float32)
    return inputs


def run(servable, name, requests):
    signature = servable.signatures[name]
    rows = padded_rows(sum(len(each["seed" if "seed" in each else "state"]) for each in requests))
    outputs = servable.run(name, merge(requests, signature, rows))
    return split(outputs, requests, signature, servable.max_steps)


@pytest.mark.parametrize("name", ["sample", "continue", "log_prob", "sample_primed", "step"])
@pytest.mark.parametrize("which", [0, 1])
def test_rows_are_bit_identical_at_multiples_of_16_among_any_neighbours(servables, which, name):
    servable = servables[which]
    mine = request(servable, name, 2, 9, seed=0)
    if name in ("continue", "step"):
        mine["state"] = servable.run("sample", request(servable, "sample", 2, 5, seed=1))["state"]
    (alone,) = run(servable, name, [mine])
    neighbours = [(1, 3), (13, 9), (14, 17), (30, 12), (60, 30)]
    for seed, (rows, steps) in enumerate(neighbours, 2):
        other = request(servable, name, rows, 9 if kind(mine) else steps, seed)
        assert kind(mine) == kind(other)
        for requests, place in (([mine, other], 0), ([other, mine], 1)):
            part = run(servable, name, requests)[place]
            assert set(part) == set(alone)
            for key, value in alone.items():
                np.testing.assert_array_equal(part[key], value, err_msg=f"{key} {rows} {steps}")


def test_a_merged_answer_has_the_shapes_and_nearly_the_values_of_one_alone(servables):
    servable = servables[0]
    for name in ("log_prob", "step"):
        mine = request(servable, name, 3, 6, seed=0)
        alone, (merged, _) = (
            servable.run(name, mine),
            run(servable, name, [mine, request(servable, name, 4, 6, seed=1)]),
        )
        for key in alone:
            if key != "event":  # what is drawn may differ by a whole class
                assert merged[key].shape == alone[key].shape
        for key in set(alone) & {"log_prob", "step_log_prob", "params"}:
            np.testing.assert_allclose(merged[key], alone[key], rtol=1e-4, atol=1e-4)


def test_sums_over_steps_are_merged_only_at_one_number_of_steps(servables):
    servable = servables[0]
    kinds = {kind(request(servable, "log_prob", 2, steps, seed=0)) for steps in (4, 4, 5)}
    assert kinds == {(4,), (5,)}
    text = {"text": np.array([b"ab"], object), "state": np.zeros([1, 3], np.float32)}
    assert kind(text) is None
    assert kind(text | {"num_steps": np.int32([4])}) == ()


def test_no_rows_and_no_steps(servables):
    servable = servables[0]
    for rows, steps in ((0, 5), (2, 0)):
        mine = request(servable, "sample", rows, steps, seed=0)
        (part,) = run(servable, "sample", [mine])
        assert part["events"].shape == (rows, steps if rows else 0, 3)
    assert [padded_rows(rows) for rows in (0, 1, 16, 17)] == [16, 16, 16, 32]
