"""Graves's prediction network in hachi_tf, and with Keras's own LSTM layers."""

import tensorflow as tf

LAYERS, UNITS, COMPONENTS = 3, 400, 20
ALPHABET, TEXT_LENGTH = 60, 30  # Graves kept 57 characters; lines of IAM-OnDB have some 30


def set_threads(threads: int) -> None:
    """How many threads the kernels use; before TensorFlow has run anything."""
    tf.config.set_visible_devices([], "GPU")
    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(threads)


def hachi_network(precision="float32"):
    """The 3 x 400 network with 20 bivariate components and 121 outputs, built."""
    from hachi_tf.layers.heads import make_head
    from hachi_tf.models.prediction_network import PredictionNetwork
    from hachi_tf.schema import Feature, Schema

    schema = Schema((Feature("dx"), Feature("dy"), Feature("end_of_stroke", "binary")))
    head = make_head(schema, num_components=COMPONENTS)
    network = PredictionNetwork(schema, head, LAYERS, UNITS, precision=precision)
    network.build()
    return network


class SynthesisNetwork:
    """The same with a window over texts in its lowest layer."""

    def __init__(self, batch):
        from hachi_tf.models.synthesis_network import SynthesisNetwork

        characters = "".join(map(chr, range(ord("!"), ord("!") + ALPHABET)))
        plain = hachi_network()
        self._network = SynthesisNetwork(
            plain.schema, plain.head, characters, num_layers=LAYERS, hidden_size=UNITS
        )
        self._network.build()
        self._texts = tf.constant([characters[:TEXT_LENGTH]] * batch)
        self.head, self.trainable_variables = plain.head, self._network.trainable_variables

    def __call__(self, inputs, training=True):
        """`[B, T, 3]` -> params `[B, T, 121]` and the state."""
        context = self._network.encode(self._texts)
        return self._network(inputs, context=context, training=training)


class KerasNetwork:
    """The same from `keras.layers.LSTM` and `keras.layers.Dense`, with the same head."""

    def __init__(self):
        import keras

        inputs = keras.Input((None, 3))
        outputs = []
        for _ in range(LAYERS):
            below = keras.layers.concatenate([inputs, *outputs[-1:]]) if outputs else inputs
            outputs.append(keras.layers.LSTM(UNITS, return_sequences=True)(below))
        hidden = keras.layers.concatenate(outputs)
        self.head = hachi_network().head
        params = keras.layers.Dense(self.head.params_size)(hidden)
        self._model = keras.Model(inputs, params)
        self.trainable_variables = self._model.trainable_variables

    def __call__(self, inputs, training=True):
        """`[B, T, 3]` -> params `[B, T, 121]` and no state."""
        return self._model(inputs, training=training), None
