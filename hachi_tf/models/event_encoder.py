"""From events in network space to what the recurrent layers read."""

import tensorflow as tf

from hachi_tf.schema import Schema


class EventEncoder:
    """Turns events `[..., F]` into inputs `[..., size]`.

    Columns that are only predicted (role `target`) are left out, a categorical column becomes
    one-hot (an unknown class becomes zeros), every other column stays as it is.

    Args:
        schema: the columns.
    """

    def __init__(self, schema: Schema):
        self._features = [
            (index, len(feature.classes))
            for index, feature in enumerate(schema.features)
            if feature.role != "target"
        ]
        self._plain = [index for index, _ in self._features] == list(range(len(schema)))
        self._plain = self._plain and not schema.columns("categorical")
        self.size = sum(classes or 1 for _, classes in self._features)

    def __call__(self, events: tf.Tensor) -> tf.Tensor:
        """Events `[..., F]` in network space -> inputs `[..., size]`, both float32."""
        if self._plain:
            return events
        parts = []
        for index, classes in self._features:
            column = events[..., index]
            if classes:
                known = tf.where(column == column, column, -1.0)
                parts.append(tf.one_hot(tf.cast(known, tf.int32), classes, dtype=events.dtype))
            else:
                parts.append(column[..., None])
        return tf.concat(parts, axis=-1)
