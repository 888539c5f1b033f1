"""The prediction network of Graves 2013, section 2: stacked recurrent layers and a head."""

from typing import Any

import keras
import tensorflow as tf

from hachi_tf.layers.heads import head_from_dict, head_to_dict
from hachi_tf.layers.stacked_rnn import StackedRNN
from hachi_tf.models.event_encoder import EventEncoder
from hachi_tf.models.growth import grown_inputs, grown_outputs
from hachi_tf.schema import Schema


@keras.saving.register_keras_serializable("hachi_tf")
class PredictionNetwork(keras.Model):
    """Predicts the next event from the events so far (Graves 2013, sections 2 and 4).

    The events reach every recurrent layer, every recurrent layer reaches the output, and the
    output are the raw parameters of the head's distribution. `call` equals iterated `step`.

    In plain Keras: `network.compile("adam")`, then `network.fit(inputs, targets,
    sample_weight=mask)` with inputs `[B, T, F]` (the events shifted by one, zeros first),
    targets `[B, T, E]` in the head's event space and a mask `[B, T]` of 0 and 1.

    Args:
        schema: the columns of the events, or its dictionary.
        head: the head from `hachi_tf.layers.heads`, or its dictionary.
        num_layers: how many recurrent layers.
        hidden_size: units in each.
        cell: `lstm`, `peephole_lstm`, `gru` or `rnn`.
        dropout: the share of a layer's inputs and of the outputs that training drops, in [0, 1).
        clip_derivatives: None, or the pair (recurrent, output): derivatives of the loss by the
            gates' and by the output's pre-activations are clipped to plus or minus these
            (Graves 2013, section 4.2: 10 and 100).
        precision: `float32`, or `mixed_bfloat16` for products in bfloat16; weights, state and
            parameters are float32 either way.
    """

    kind = "prediction"
    conditioned = False  # whether a text goes with each sequence

    def __init__(
        self,
        schema: Schema | dict[str, Any],
        head: Any,
        num_layers: int = 1,
        hidden_size: int = 120,
        cell: str = "lstm",
        dropout: float = 0.0,
        clip_derivatives: tuple[float, float] | None = None,
        precision: str = "float32",
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.schema = schema if isinstance(schema, Schema) else Schema.from_dict(schema)
        self.head = head_from_dict(head) if isinstance(head, dict) else head
        self.num_layers, self.hidden_size, self.cell = num_layers, hidden_size, cell
        self.dropout, self.precision = dropout, precision
        self.clip_derivatives = None if clip_derivatives is None else tuple(clip_derivatives)
        self._encoder = EventEncoder(self.schema)
        self._make_layers()
        self.output_layer = keras.layers.Dense(
            self.head.params_size, dtype="float32", name="params"
        )

    def _make_layers(self) -> None:
        """Creates the recurrent layers."""
        self.rnn = self._stack(self.num_layers)

    def _stack(self, num_layers: int, below_size: int = 0) -> StackedRNN:
        return StackedRNN(
            num_layers,
            self.hidden_size,
            cell=self.cell,
            dropout=self.dropout,
            clip_derivatives=self.clip_derivatives and self.clip_derivatives[0],
            below_size=below_size,
            dtype=self.precision,
            name="rnn",
        )

    @property
    def state_shapes(self) -> list[int]:
        """The width of each tensor of the recurrent state."""
        return self.rnn.state_shapes

    def build(self, input_shape=None):
        """Creates the weights; the shape of the inputs follows from the schema."""
        if not self.built:
            self.rnn.build((None, None, self._encoder.size))
            self.output_layer.build((None, self.rnn.output_size))
            self.built = True

    def adopt(self, other: "PredictionNetwork") -> None:
        """Takes the weights of another network of the same layers.

        Of a text the other may know fewer characters, or where sequences end where this one does
        not, or not where it does. New characters are improbable at first: text without them has
        the score that it had, but for 0.0005 nats a character.

        Args:
            other: a built network.

        Raises:
            UserError: if it knows characters that this one lacks.
        """
        schema, before = self.schema, other.schema
        if schema == before:
            self.set_weights(other.get_weights())
            return
        outputs = {id(weight) for weight in self.output_layer.weights}
        for mine, theirs in zip(self.weights, other.weights, strict=True):
            value, old = mine.numpy(), theirs.numpy()
            if id(mine) in outputs:
                mine.assign(grown_outputs(value, old, schema, before))
            else:  # only the kernels of recurrent layers see the inputs
                same = value.shape == old.shape
                mine.assign(old if same else grown_inputs(value, old, schema, before))

    def encode(self, text: Any = None) -> None:
        """The context of a sequence: this network has none."""
        return None

    def initial_state(self, batch_size: int | tf.Tensor) -> list[tf.Tensor]:
        """Zeros, one float32 `[B, H]` for each state tensor."""
        return self.rnn.initial_state(batch_size)

    def step(
        self, inputs: tf.Tensor, state: list[tf.Tensor], context: None = None
    ) -> tuple[tf.Tensor, list[tf.Tensor]]:
        """One step.

        Args:
            inputs: events `[B, F]` in network space; zeros before the first one.
            state: as `initial_state` or the previous step returned it.
            context: what `encode` returned.

        Returns:
            The head's parameters `[B, P]` and the next state.
        """
        if self._encoder.num_classes:
            outputs, state = self.rnn.step(self._encoder.classes(inputs), state)
        else:
            outputs, state = self.rnn.step(self._encoder(inputs), state)
        return self._params(outputs), state

    def call(
        self,
        inputs: tf.Tensor,
        initial_state: list[tf.Tensor] | None = None,
        context: None = None,
        lengths: tf.Tensor | None = None,
        training: bool = False,
        seed: tf.Tensor | None = None,
        rows: tuple[tf.Tensor, tf.Tensor] | None = None,
    ) -> tuple[tf.Tensor, list[tf.Tensor]]:
        """Whole sequences.

        Args:
            inputs: events `[B, T, F]` in network space, shifted by one.
            initial_state: as `initial_state` returns it, which is the default.
            context: what `encode` returned.
            lengths: int32 `[B]`; steps from there on are padding, and are not read.
            training: whether dropout is on.
            seed: int32 `[2]`, from which dropout follows.
            rows: of a share of a batch, each row's place in the whole one, int32 `[B]`, and how
                many rows that has, from which dropout follows too.

        Returns:
            The head's parameters `[B, T, P]`, and the state of each row at its length.
        """
        outputs, state = self.rnn(
            self._encoder(inputs),
            initial_state=initial_state,
            lengths=lengths,
            training=training,
            seed=seed,
            rows=rows,
        )
        return self._params(outputs), state

    def _params(self, outputs: tf.Tensor) -> tf.Tensor:
        params = self.output_layer(tf.cast(outputs, tf.float32))
        if self.clip_derivatives is None:
            return params
        return _clip_derivatives(params, self.clip_derivatives[1])

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        """Nats a step, averaged over the steps whose weight is not zero (for plain `fit`)."""
        step_nats = -self.head.log_prob(y_pred[0], y)
        if sample_weight is None:
            return tf.reduce_mean(step_nats)
        weight = tf.cast(sample_weight, tf.float32)
        step_nats = tf.where(weight > 0.0, step_nats * weight, 0.0)
        return tf.math.divide_no_nan(tf.reduce_sum(step_nats), tf.reduce_sum(weight))

    def get_config(self) -> dict[str, Any]:
        """What `from_config` takes, as values for JSON."""
        return {
            "schema": self.schema.to_dict(),
            "head": head_to_dict(self.head),
            "num_layers": self.num_layers,
            "hidden_size": self.hidden_size,
            "cell": self.cell,
            "dropout": self.dropout,
            "clip_derivatives": self.clip_derivatives and list(self.clip_derivatives),
            "precision": self.precision,
        }

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "PredictionNetwork":
        """The network, with new weights."""
        return cls(**config)


def _clip_derivatives(values: tf.Tensor, limit: float) -> tf.Tensor:
    """The values; on the way back each derivative is clipped to plus or minus the limit."""

    @tf.custom_gradient
    def identity(values):
        return tf.identity(values), lambda upstream: tf.clip_by_value(upstream, -limit, limit)

    return identity(values)
