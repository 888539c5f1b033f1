"""A voice that reacts: hachi machi's rules of input, pending output, sample, reset and cancel."""

import math

import pytest

from hachi_tf.errors import UserError


def times(voice):
    return [round(seconds, 6) for seconds, _ in voice.heard]


def delays(voice):
    """The delay that each step was given."""
    return [round(event[0], 4) for _, event, *_ in voice.model.calls]


def test_an_output_goes_out_when_its_delay_has_passed_less_the_inference(play, schema, clock):
    voice = play(schema, step_s=0.04)
    voice.input([60.0, 0.1, 3.0], 100.0)
    assert voice.heard == []
    clock.advance(0.2)
    assert voice.heard == []
    clock.advance(0.01)
    assert voice.heard == [(pytest.approx(100.25), [0.0, 0.5, 3.0])]
    assert voice.figures.late == 0 and voice.figures.latency_ms()[0] == pytest.approx(40)


def test_a_delay_shorter_than_the_inference_is_sent_at_once_and_counted(play, schema, clock):
    voice = play(schema, step_s=0.04, delay_s=0.01)
    voice.input([60.0, 3.0])
    assert times(voice) == [100.04] and voice.figures.late == 1


def test_inputs_are_ignored_while_an_output_is_pending(play, schema, clock):
    voice = play(schema)
    voice.input([60.0, 3.0])
    for _ in range(24):
        clock.advance(0.01)
        voice.input([61.0, 3.0])
    assert len(voice.model.calls) == 1 and voice.figures.ignored == 24
    clock.advance(0.01)
    voice.input([62.0, 3.0])
    assert len(voice.model.calls) == 2 and len(voice.heard) == 1


def test_the_delay_of_an_input_is_the_time_since_the_last_one_taken(play, schema, clock):
    voice = play(schema, delay_s=0.1)
    voice.input([60.0, 3.0])
    clock.advance(0.05)
    voice.input([60.0, 3.0])  # ignored
    clock.advance(0.2)
    voice.input([60.0, 3.0])
    clock.advance(0.1)
    voice.sample()  # moves no clock
    clock.advance(0.2345)
    voice.input([60.0, 3.0])
    assert delays(voice) == [0.0, 0.25, 0.25, 0.334]


def test_feeding_outputs_back_keeps_one_chain_beside_a_sensor_of_100_hz(play, schema, clock):
    voice = play(schema, delay_s=0.1)
    voice.on_output.append(lambda values, due_s: voice.input(values))
    voice.input([60.0, 0.1, 1.0])
    for _ in range(995):
        clock.advance(0.01)
        voice.input([50.0, 1.0])
    assert len(voice.heard) == 99
    assert times(voice) == [round(100 + 0.1 * step, 6) for step in range(1, 100)]
    assert voice.figures.ignored == 995


def test_a_model_without_time_answers_each_input_at_once(play, still_schema, clock):
    voice = play(still_schema, step_s=0.001)
    for _ in range(3):
        voice.input([60.0, 1.0])
    assert [values for _, values in voice.heard] == [[0, 0.5, 3], [1, 0.5, 3], [2, 0.5, 3]]
    assert voice.figures.late == 0


def test_a_sample_is_drawn_at_once_and_leaves_the_state_alone(play, schema, clock):
    voice = play(schema)
    voice.sample()
    voice.input([60.0, 3.0])
    voice.sample()
    voice.sample()
    assert times(voice) == [100.0] * 3 and voice.heard[-1][1][0] == 0
    clock.advance(0.25)
    voice.input([60.0, 3.0])
    counts = [call[0] for call in voice.model.calls]
    assert counts == [0, 0, 0, 0, 1]
    seeds = [tuple(call[4]) for call in voice.model.calls]
    assert len(set(seeds)) == 4 and seeds[1] == seeds[4]  # each sample is another draw


def test_a_reset_clears_the_recurrent_state_only(play, schema, clock):
    voice = play(schema)
    voice.input([60.0, 3.0])
    clock.advance(0.1)
    voice.reset()
    clock.advance(0.15)
    assert times(voice) == [100.25]  # what was pending still comes
    voice.input([60.0, 3.0])
    assert voice.model.calls[1][0] == 0 and delays(voice)[1] == 0.25
    assert voice.model.calls[1][4] != voice.model.calls[0][4]


def test_a_cancel_drops_what_is_pending_and_clears_the_clock(play, schema, clock):
    voice = play(schema)
    voice.input([60.0, 3.0])
    clock.advance(0.1)
    voice.cancel()
    clock.advance(1.0)
    assert voice.heard == []
    voice.input([60.0, 3.0])
    assert voice.model.calls[1][0] == 1 and delays(voice) == [0.0, 0.0]


def test_bias_temperature_seed_and_fixed_columns_reach_the_model(play, schema):
    voice = play(schema, {"2_channel": "3"}, bias=0.5, temperature=0.75, seed=7)
    voice.input([60.0, 3.0])
    assert voice.model.calls[0][2:] == (0.5, 0.75, [7, 0], {"2_channel": "3"})
    voice.drawing.set_seed(2**32 - 1)
    voice.sample()
    assert voice.model.calls[1][4] == [-1, 1]


def test_a_pause_holds_what_is_pending_and_all_clocks(play, schema, clock):
    voice = play(schema)
    voice.input([60.0, 3.0])
    clock.advance(0.1)
    voice.pause(True)
    voice.pause(True)
    clock.advance(5.0)
    voice.input([60.0, 3.0])
    assert voice.heard == [] and voice.figures.ignored == 1
    voice.pause(False)
    clock.advance(0.15)
    assert times(voice) == [105.25]
    voice.input([60.0, 3.0])
    assert delays(voice) == [0.0, 0.25]


def test_what_the_model_does_wrong_leaves_everything_as_it_was(play, schema, clock):
    voice = play(schema)
    voice.input([60.0, 3.0])
    clock.advance(0.5)
    for pitch, said in ((1313.0, "thirteen"), (9999.0, "no finite event")):
        with pytest.raises(Exception, match=said):
            voice.input([pitch, 3.0])
    clock.advance(0.5)
    voice.input([60.0, 3.0])
    assert voice.model.calls[-1][0] == 1 and delays(voice)[-1] == 1.0


def test_a_listener_that_fails_does_not_end_the_playing(play, schema, clock):
    voice = play(schema)
    voice.on_output.insert(0, lambda values, due_s: 1 / 0)
    voice.input([60.0, 3.0])
    clock.advance(0.25)
    assert len(voice.heard) == 1 and voice.errors == ["division by zero"]
    assert voice.figures.errors == 1


def test_listeners_hear_inputs_that_were_taken(play, schema, clock):
    voice, taken = play(schema), []
    voice.on_input.append(lambda values, when_s: taken.append((when_s, values)))
    voice.input([60.7, 3.0])
    voice.input([61.0, 0.5, 3.0])
    ((when, values),) = taken
    assert when == 100.0 and values[0] == 60.0 and math.isnan(values[1]) and values[2] == 3.0


def test_columns_are_held_and_let_go_while_it_plays(play, schema, clock):
    voice = play(schema)
    for column, value in (("channel", 3.0), ("pitch", 64), (0.0, None), ("2_channel", None)):
        voice.hold(column, value)
        voice.input([60.0, 3.0])
        clock.advance(0.3)
    assert [call[5] for call in voice.model.calls] == [
        {"2_channel": "3"}, {"2_channel": "3", "0_pitch": 64.0}, {"2_channel": "3"}, None
    ]  # fmt: skip
    with pytest.raises(UserError, match="a column of time"):
        voice.hold("nope", 3.0)
    voice.fixable = False
    voice.hold("channel")
    with pytest.raises(UserError, match="a model whose columns can be held"):
        voice.hold("channel", 3.0)
    assert voice.drawing.fixed == {}
