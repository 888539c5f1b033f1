"""Call and response, playing alone, and what follows the end of a sequence."""

import pytest


def times(voice):
    return [round(seconds, 6) for seconds, _ in voice.heard]


def test_respond_listens_and_answers_with_as_many_events_after_a_pause(play, schema, clock):
    voice = play(schema, mode="respond", pause_s=1.0, delay_s=0.25)
    for _ in range(3):
        voice.input([60.0, 1.0])
        clock.advance(0.4)
    clock.advance(0.5)
    assert voice.heard == [] and len(voice.model.calls) == 3
    clock.advance(5.0)
    # The last input came at 100.8: the answer begins a second later and keeps its own delays.
    assert times(voice) == [101.8, 102.05, 102.3]
    assert [values[0] for _, values in voice.heard] == [2.0, 3.0, 4.0]


def test_who_plays_into_an_answer_ends_it(play, schema, clock):
    voice = play(schema, mode="respond", pause_s=1.0, delay_s=0.25)
    for _ in range(4):
        voice.input([60.0, 1.0])
    clock.advance(1.3)
    assert len(voice.heard) == 2
    voice.input([61.0, 1.0])
    clock.advance(0.9)
    assert len(voice.heard) == 2
    clock.advance(5.0)
    assert len(voice.heard) == 3  # one event answers the one input


def test_an_answer_without_a_time_has_the_rhythm_of_the_call(play, still_schema, clock):
    voice = play(still_schema, mode="respond", pause_s=0.5)
    for pause in (0.1, 0.3, 0.0):
        voice.input([60.0, 1.0])
        clock.advance(pause)
    clock.advance(5.0)
    assert times(voice) == [100.9, 101.0, 101.3]


def test_a_cancelled_call_is_not_answered(play, schema, clock):
    voice = play(schema, mode="respond", pause_s=0.5)
    voice.input([60.0, 1.0])
    voice.cancel()
    clock.advance(5.0)
    assert voice.heard == []
    voice.input([60.0, 1.0])
    clock.advance(5.0)
    assert len(voice.heard) == 1


def test_free_plays_alone_without_drift(play, schema, clock):
    voice = play(schema, mode="free", delay_s=0.1, step_s=0.003)
    voice.start()
    clock.advance(60.0)
    assert len(voice.heard) == pytest.approx(600, abs=1)
    lateness = [seconds - (100 + 0.1 * (k + 1)) for k, (seconds, _) in enumerate(voice.heard)]
    assert max(map(abs, lateness)) < 1e-4
    counts = [call[0] for call in voice.model.calls]
    assert counts == list(range(len(counts)))


def test_free_goes_on_from_the_latest_input_at_its_next_event(play, schema, clock):
    voice = play(schema, mode="free", delay_s=0.1)
    voice.start()
    clock.advance(0.05)
    for pitch in (70.0, 71.0):
        voice.input([pitch, 1.0])
    clock.advance(0.05)
    assert times(voice) == [100.1]
    clock.advance(0.1)
    assert times(voice) == [100.1, 100.2]
    events = [call[1] for call in voice.model.calls]
    assert events[0] is None and events[1][1] == 71.0 and events[2][1] == 1.0


def test_free_without_a_time_keeps_its_rate(play, still_schema, clock):
    voice = play(still_schema, mode="free", rate_hz=8.0)
    voice.start()
    clock.advance(2.0)
    assert times(voice) == [100 + k / 8 for k in range(1, 17)]


def test_free_survives_a_step_that_fails(play, schema, clock):
    voice = play(schema, mode="free", delay_s=0.1)
    voice.start()
    clock.advance(0.35)
    voice.input([1313.0, 1.0])
    clock.advance(0.1)
    assert voice.errors == ["thirteen"]
    clock.advance(1.0)
    assert len(voice.heard) > 6 and voice.figures.errors == 1


def test_free_is_held_and_goes_on(play, schema, clock):
    voice = play(schema, mode="free", delay_s=0.1)
    voice.start()
    clock.advance(0.25)
    voice.pause(True)
    clock.advance(10.0)
    assert len(voice.heard) == 2
    voice.pause(False)
    clock.advance(0.1)
    assert times(voice)[2:] == [110.3]


def test_a_chain_that_fell_far_behind_goes_on_from_now(play, schema, clock):
    voice = play(schema, mode="free", delay_s=0.1)
    voice.start()
    clock.advance(0.05)
    clock.seconds += 30.0
    clock.advance(0.2)
    assert 2 <= len(voice.heard) <= 4 and voice.figures.late == 1


def test_after_the_end_it_goes_on_by_default(play, schema, clock):
    ended = []
    voice = play(schema, mode="free", delay_s=0.1, ends_after=3)
    voice.on_ended.append(lambda: ended.append(len(voice.heard)))
    voice.start()
    clock.advance(1.0)
    assert len(voice.heard) == 10 and ended == list(range(3, 11))
    # The own last event is given as an input, which revives a model that has ended.
    assert all(call[1] is not None for call in voice.model.calls[1:])


def test_after_the_end_it_begins_anew(play, schema, clock):
    voice = play(schema, mode="free", delay_s=0.1, ends_after=3, on_end="reset")
    voice.start()
    clock.advance(0.95)
    assert [call[0] for call in voice.model.calls] == [0, 1, 2] * 3 + [0]
    assert voice.model.calls[3][1] is None and len({call[4][1] for call in voice.model.calls}) == 4


@pytest.mark.parametrize("mode", ["free", "react"])
def test_after_the_end_it_is_silent_until_a_reset(play, schema, clock, mode):
    voice = play(schema, mode=mode, delay_s=0.1, ends_after=2, on_end="stop")
    voice.start()
    for _ in range(10):
        if mode == "react":
            voice.input([60.0, 1.0])
        clock.advance(0.15)
    assert len(voice.heard) == 2
    voice.reset()
    voice.input([60.0, 1.0])
    clock.advance(0.15)
    assert len(voice.heard) == 3


def test_another_mode_while_an_answer_is_pending_lets_it_come(play, schema, clock):
    voice = play(schema, delay_s=0.25)
    voice.input([60.0, 1.0])
    clock.advance(0.1)
    voice.set_mode("free")
    clock.advance(0.65)
    assert times(voice) == [100.25, 100.5, 100.75]
    clock.advance(0.1)
    voice.set_mode("react")  # the event that is on its way is the last
    clock.advance(5.0)
    assert times(voice) == [100.25, 100.5, 100.75, 101.0]
    voice.input([60.0, 1.0])
    clock.advance(5.0)
    assert len(voice.heard) == 5


def test_another_mode_ends_an_answer_and_forgets_a_call(play, schema, clock):
    voice = play(schema, mode="respond", pause_s=1.0, delay_s=0.25)
    for _ in range(4):
        voice.input([60.0, 1.0])
    voice.set_mode("react")
    clock.advance(5.0)
    assert voice.heard == []  # what had been heard is not answered
    voice.set_mode("respond")
    for _ in range(4):
        voice.input([60.0, 1.0])
    clock.advance(1.1)
    voice.set_mode("respond")  # the same: nothing changes
    clock.advance(0.25)
    assert len(voice.heard) == 2
    voice.set_mode("react")
    clock.advance(5.0)
    assert len(voice.heard) == 3


def test_free_begins_with_its_mode_and_ends_with_it(play, still_schema, clock):
    voice = play(still_schema, rate_hz=10.0)
    voice.set_mode("free")
    clock.advance(0.55)
    assert len(voice.heard) == 5
    voice.pause(True)
    voice.set_mode("respond")
    voice.set_mode("free")
    clock.advance(1.0)
    assert len(voice.heard) == 5
    voice.pause(False)
    clock.advance(0.3)
    assert 7 <= len(voice.heard) <= 8
