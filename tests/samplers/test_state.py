import numpy as np

from hachi_tf.samplers.state import SamplerState, StateLayout


def test_unpack_takes_back_what_pack_made():
    layout = StateLayout(3, [4, 10, 1])
    rng = np.random.default_rng(0)
    state = SamplerState(
        step_count=np.int32([0, 7, 2**24]),
        ended=np.array([False, True, False]),
        last_event=rng.normal(size=[3, 3]).astype(np.float32),
        network=tuple(rng.normal(size=[3, s]).astype(np.float32) for s in (4, 10, 1)),
    )
    packed = layout.pack(state)
    assert packed.shape == (3, layout.size) and layout.size == 2 + 3 + 4 + 10 + 1
    back = layout.unpack(packed)
    np.testing.assert_array_equal(back.step_count, state.step_count)
    np.testing.assert_array_equal(back.ended, state.ended)
    np.testing.assert_array_equal(back.last_event, state.last_event)
    for new, old in zip(back.network, state.network, strict=True):
        np.testing.assert_array_equal(new, old)


def test_zeros_are_the_beginning():
    layout = StateLayout(2, [3])
    state = layout.unpack(layout.zeros(4))
    assert state.step_count.numpy().tolist() == [0] * 4
    assert state.ended.numpy().tolist() == [False] * 4
    np.testing.assert_array_equal(state.last_event, np.zeros([4, 2]))
    np.testing.assert_array_equal(state.network[0], np.zeros([4, 3]))
