"""What a run learns from and what is held out, as its network reads them."""

import functools
import logging
from collections.abc import Callable
from typing import Any, NamedTuple

from hachi_tf.data.dataset import Dataset, load_datasets
from hachi_tf.data.fitting import fit_splits
from hachi_tf.data.operations import limits_of, parse_operations
from hachi_tf.data.pipeline import Pipeline
from hachi_tf.data.windows import Windows
from hachi_tf.errors import UserError
from hachi_tf.evaluation.scoring import spaced_subset
from hachi_tf.schema import Schema
from hachi_tf.training.building import Wanted, run_schema, wanted_data
from hachi_tf.training.run_directory import RunDirectory

log = logging.getLogger(__name__)

# Validations during training read at most about so many events; `evaluate` reads all.
VALIDATION_EVENTS = 200_000
# Of long sequences they read parts of so many events side by side, each from the zero state.
VALIDATION_PART = 5000
# From fewer characters nobody learns to write.
LITTLE_TEXT = 100_000
# A long sequence is cut into windows of so many events, unless --sequence_length says otherwise.
WINDOW_LENGTH = 100


class RunData(NamedTuple):
    """The data of a run.

    Attributes:
        train: what it learns from.
        held_out: what validations read, or None.
        columns: the source's own, with an end of sequence if it is to be learned.
        wanted: what the network reads.
    """

    train: Dataset
    held_out: Dataset | None
    columns: Schema
    wanted: Wanted


def read_data(config: Any, source: Any, directory: RunDirectory, initial: Any = None) -> RunData:
    """Reads and splits a run's data.

    Args:
        config: the flags (`hachi_tf.train.TrainConfig`).
        source: what `config.source` names.
        directory: of the run; if it holds a run, that run goes on.
        initial: None, or something with `network` and `trained_on` to start from.

    Raises:
        UserError: for data that do not fit, or without a training split.
    """
    description = directory.description() if directory.schema.exists() else None
    if config.init_from:
        known = Schema.from_dict(description["schema"]) if description else None
        source.use_schema(known or initial.network.schema, grow=known is None)
    cache = directory.path.parent / ".cache"
    splits = load_datasets(source, config.validation_fraction, cache)
    wanted = wanted_data(config, source, initial, description)
    columns = run_schema(config, source)
    splits = fit_splits(splits, columns, wanted.schema, wanted.scale)
    if wanted.reads_text:
        splits = {name: _with_text(split, source) for name, split in splits.items()}
    if not len(splits["train"]):
        raise UserError("a training split with sequences in it", "none", "check --data")
    if columns.text_unit:
        _check_text(config, source, int(splits["train"].lengths.sum()))
    held_out = splits.get("validation") or None  # none of few sequences may be in it
    if held_out is not None and config.context:
        held_out = Windows(config.context, config.horizon, config.horizon).cut(held_out)
    elif held_out is not None and not source.independent:
        held_out = held_out.cut(VALIDATION_PART)
    return RunData(splits["train"], spaced_subset(held_out, VALIDATION_EVENTS), columns, wanted)


def make_pipeline(config: Any, source: Any, data: RunData, transforms: Any) -> Pipeline:
    """The batches of a run.

    Args:
        config: the flags.
        source: what `config.source` names.
        data: what `read_data` returned.
        transforms: fitted, from data units to the network's.
    """
    schema, train = data.wanted.schema, data.train
    fresh = _fresh_epochs(config, source) if data.columns == schema else None
    operations = parse_operations(config.operations, schema, limits_of(transforms))
    if config.context:
        windows = Windows(config.context, config.horizon, config.stride)
        train = windows.epoch(data.train, config.seed, 0)
        if config.stride > 1:
            fresh = functools.partial(windows.epoch, data.train, config.seed)
    in_one = source.independent or config.context
    return Pipeline(
        train,
        config.batch_size,
        config.sequence_length or (0 if in_one else WINDOW_LENGTH),
        config.seed,
        fresh=fresh,
        carry=not in_one,
        operations=operations if len(operations) else None,
        reset_every=source.reset_every,
    )


def _fresh_epochs(config: Any, source: Any) -> Callable[[int], Dataset] | None:
    """For a source without end, what makes the training split of a later epoch, else None."""
    if source.epoch(0) is None or config.validation_fraction is not None:
        return None  # a split of one's own is a split of finite data
    columns = len(source.schema)
    return lambda epoch: Dataset.from_sequences(source.epoch(epoch), columns)


def _check_text(config: Any, source: Any, count: int) -> None:
    """Says what is to be expected of a text that is too small.

    Args:
        config: the flags.
        source: the text.
        count: of characters to learn from.

    Raises:
        UserError: if there is nothing to learn.
    """
    unit = source.schema.names[0]
    if count < 2:
        raise UserError(f"a text of two {unit}s or more to learn from", f"{count}", "add text")
    if count >= LITTLE_TEXT or config.init_from:
        return
    log.warning(
        "%s %ss are little: from fewer than %s a network learns the words by heart, not how such "
        "texts are written; start from a model that can read (--init_from), or keep it small "
        "(--hidden_size=64 --dropout=0.3) and stop when the held-out loss rises (--patience=3)",
        f"{count:,}",
        unit,
        f"{LITTLE_TEXT:,}",
    )


def _with_text(split: Dataset, source: Any) -> Dataset:
    """A split without the sequences that have no text."""
    if not source.has_text:
        raise UserError(
            "a source with texts for --network=synthesis, e.g. hershey or iam_ondb", source.name
        )
    texts = split.with_text()
    if len(texts) < len(split):
        log.info("%d sequences without a text are left out", len(split) - len(texts))
    return texts
