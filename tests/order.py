"""In which order tests run, which share a process, and which parameters are slow."""

import pathlib

import pytest

# Files of one process, for they share a server.
TOGETHER = ("tests/studio", "tests/serving/embedded")
# What takes ten seconds and more comes last, the longest first, so that what is quick tells soon
# what is wrong, and no process is left with something long at the end.
LONG = (
    "studio", "serving/embedded", "test_live_chain", "test_sample_text", "serving/test_saved_model",
    "serving/test_loaders", "test_train_resumed", "conformance/test_heads",
    "training/test_synthesis_training", "training/test_trainer", "test_plugins",
    "serving/test_page_in_chromium", "test_sound", "training/test_replicas", "serving/test_served",
    "test_sample_events", "serving/test_text_model", "layers/test_lstm", "test_forecast",
    "layers/test_stacked_rnn", "training/test_carried_text", "test_perform",
    "serving/test_ready_exports", "serving/test_char_signatures", "test_sample", "test_handwriting",
    "samplers/test_fixed_columns", "conformance/test_transforms", "models/test_synthesis_network",
    "test_train", "training/test_carried_state", "samplers/test_primes_and_styles", "test_serve",
    "layers/test_windowed_lstm", "samplers/test_series_sampler", "serving/test_series_signatures",
    "test_evaluate_text", "serving/test_stepper", "layers/heads/test_fixed",
    "training/test_run_data", "layers/heads/test_joint", "training/test_text_training",
    "serving/test_step_loader", "serving/test_text_loaders", "layers/heads/test_gaussian_mixture",
    "test_project", "test_startup", "test_export_and_describe", "serving/test_merging",
)  # fmt: skip

OTHER_CELLS = ("gru", "rnn")  # beside LSTMs, with and without peepholes
# Parameters of tests that take long and whose other parameters promise the same.
SLOW = {
    "test_fits_in_plain_keras_and_comes_back_from_a_file": {"peephole_lstm"},
    "test_gradients_of_padded_rows_equal_those_of_rows_alone": {"peephole_lstm"},
    "test_bfloat16_stays_close_to_float32": {"peephole_lstm"},
    "test_nan_past_lengths_reaches_neither_values_nor_gradients": {"peephole_lstm"},
    "test_windows_score_as_the_text_in_one_piece": {"text(unit='byte')-lstm"},
    "test_every_kind_of_column_can_be_exported": {"columns0"},
    "test_rows_are_bit_identical_at_multiples_of_16_among_any_neighbours": {
        "1-continue",
        "1-log_prob",
        "1-sample_primed",
        "1-step",
    },
    "test_layer_equals_keras": {
        f"{options}-mixed_bfloat16-0.05"
        for options in ("go_backwards-return_sequences", "use_bias", "activation-return_sequences")
    },
    "test_the_warmup_requests_run_in_the_cpp_loader_without_xla": {
        "kanji",
        "rhythm",
        "text",
    },
    "test_noise_starts_from_the_network_that_was_trained_without": {"0.075"},
    "test_a_prime_is_the_network_clamped_to_its_events": {"ab- a ", "-cab"},
    "test_the_cpp_loader_gives_the_same_bits": {"char"},
    "test_tf1s_loader_gives_the_same_bits": {"char"},
    "test_chunks_and_primes_take_fixed_columns": {"independent"},
    "test_on_a_phone_nothing_is_beside_the_screen_and_night_is_dark": {"kanji", "text"},
    "test_events_are_those_drawn_by_hand_given_what_is_fixed": {"independent"},
}


def place(path: pathlib.Path) -> int:
    """Where a file of tests stands in `LONG`; -1 before all of it."""
    name = path.relative_to(pathlib.Path(__file__).parent).as_posix()
    found = (n for n, each in enumerate(LONG) if name.startswith((f"{each}/", f"{each}.py")))
    return next(found, -1)


def arrange(items: list[pytest.Item]) -> None:
    """Sorts tests by their files' places, and marks what is slow.

    What each cell is tested with is slow for those that few people choose.
    """
    places = {path: place(path) for path in {item.path for item in items}}
    items.sort(key=lambda item: places[item.path])
    for item in items:
        parameters = getattr(item, "callspec", None)
        if parameters is None:
            continue
        slow = SLOW.get(item.originalname, ())
        if parameters.params.get("cell") in OTHER_CELLS or parameters.id in slow:
            item.add_marker(pytest.mark.slow)
