"""Training on text: consecutive windows, the state carried over, clipping by norm, Adam."""

import numpy as np

LAYERS, UNITS, CLASSES = 2, 512, 65
BATCH, STEPS = 50, 100
CLIP_NORM, LEARNING_RATE = 1.0, 1e-3
WINDOWS = 20  # of a row, after which the text begins again


def text():
    """Random characters, int64 `[N]`."""
    return np.random.default_rng(0).integers(CLASSES, size=BATCH * STEPS * WINDOWS)


def hachi_network(precision="float32"):
    """Ours, built."""
    from hachi_tf.layers.heads import make_head
    from hachi_tf.models.prediction_network import PredictionNetwork
    from hachi_tf.schema import Feature, Schema

    characters = tuple(chr(ord("0") + index) for index in range(CLASSES))
    schema = Schema((Feature("character", "categorical", classes=characters),))
    network = PredictionNetwork(schema, make_head(schema), LAYERS, UNITS, precision=precision)
    network.build()
    return network


def _hachi(threads, precision):
    from tests.benchmarks import tensorflow_networks

    tensorflow_networks.set_threads(threads)

    def build():
        import keras

        from hachi_tf.data.dataset import Dataset
        from hachi_tf.data.pipeline import Pipeline
        from hachi_tf.training.trainer import Schedule, Trainer
        from hachi_tf.transforms import Chain

        events = text().astype(np.float32)[:, None]
        pipeline = Pipeline(Dataset(events, [0, len(events)], ["a"], [None]), BATCH, STEPS,
                            carry=True)  # fmt: skip
        trainer = Trainer(
            hachi_network(precision),
            Chain(),
            keras.optimizers.Adam(LEARNING_RATE),
            Schedule(LEARNING_RATE, 0, 1, "constant"),
            clip_norm=CLIP_NORM,
            carried_rows=pipeline.rows,
        )
        batches = iter(pipeline.batches())
        return lambda: trainer.train_step(next(batches))

    return build


def hachi(threads):
    """`hachi_tf`'s own pipeline and training step, float32."""
    return _hachi(threads, "float32")


def hachi_bfloat16(threads):
    """The same, `mixed_bfloat16`."""
    return _hachi(threads, "mixed_bfloat16")


def pytorch(threads):
    """PyTorch's `nn.LSTM`, all windows in memory."""
    import torch

    from tests.benchmarks.torch_text import TorchTextNetwork, nats

    torch.set_num_threads(threads)

    def build():
        network = TorchTextNetwork(LAYERS, UNITS, CLASSES)
        optimizer = torch.optim.Adam(network.parameters(), LEARNING_RATE, fused=True)
        rows = torch.tensor(text()).reshape(BATCH, WINDOWS, STEPS)
        windows = [rows[:, index].T.contiguous() for index in range(WINDOWS)]
        states, last, number = None, torch.zeros(1, BATCH, dtype=torch.int64), 0

        def step():
            nonlocal states, last, number
            window = windows[number % WINDOWS]
            optimizer.zero_grad()
            logits, after = network(torch.cat([last, window[:-1]]), states)
            loss = nats(logits, window)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(network.parameters(), CLIP_NORM)
            optimizer.step()
            states = [tuple(each.detach() for each in state) for state in after]
            last, number = window[-1:], number + 1
            return loss.item()

        return step

    return build


CONTENDERS = {"hachi": hachi, "hachi_bfloat16": hachi_bfloat16, "torch": pytorch}
