import numpy as np

from hachi_tf.data.sources.notes import note_transforms, notes_schema

SCHEMA = notes_schema(("1", "10"))


def notes(count):
    generator = np.random.default_rng(0)
    return np.column_stack(
        [
            generator.integers(1, 900, count) / 1000,
            generator.integers(0, 128, count),
            generator.integers(1, 128, count),
            generator.integers(1, 3000, count) / 1000,
            generator.integers(0, 2, count),
        ]
    )


def test_the_columns_are_those_of_hachi_machi():
    assert SCHEMA.names == ["time", "0_pitch", "1_velocity", "2_duration", "3_channel"]
    assert [each.role for each in SCHEMA.features] == ["both"] * 3 + ["target", "both"]
    assert [each.quantum for each in SCHEMA.features] == [0.001, 1, 1, 0.001, None]
    assert SCHEMA.features[4].classes == ("1", "10")


def test_whatever_a_network_says_comes_back_in_range():
    transforms = note_transforms(SCHEMA).fit([notes(500)])
    said = np.random.default_rng(1).normal(size=[2000, 5]) * 4
    back = transforms.inverse(said.astype("f"))
    on_grid = np.floor(back[:, [1, 2]])
    assert (back[:, [0, 3]] >= 0).all() and np.isfinite(back).all()
    assert (on_grid >= [0, 1]).all() and (on_grid <= 127).all()
    assert set(np.unique(on_grid[:, 0])) >= {0, 127}


def test_the_transforms_invert_and_standardize():
    events = notes(5000)
    transforms = note_transforms(SCHEMA).fit([events + [0.0005, 0.5, 0.5, 0.0005, 0]])
    middle = events + [0.0005, 0.5, 0.5, 0.0005, 0]
    forward = transforms.forward(middle)
    np.testing.assert_allclose(transforms.inverse(forward), middle, rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(forward[:, :4].mean(0), 0, atol=1e-3)
    np.testing.assert_allclose(forward[:, :4].std(0), 1, atol=1e-3)
    np.testing.assert_array_equal(forward[:, 4], events[:, 4])
