"""From events in network space to what the recurrent layers read."""

import tensorflow as tf

from hachi_tf.schema import Schema


class EventEncoder:
    """Turns events `[..., F]` into inputs `[..., size]`.

    Columns that are only predicted (role `target`) are left out, a categorical column becomes
    one-hot (an unknown or missing class becomes zeros), every other column stays as it is. A
    column whose values may be missing gets one more input: 1 where the value is missing, which is
    0 then.

    Args:
        schema: the columns.
    """

    def __init__(self, schema: Schema):
        self._features = [
            (index, len(feature.classes), feature.missing)
            for index, feature in enumerate(schema.features)
            if feature.role != "target"
        ]
        self._plain = [index for index, _, _ in self._features] == list(range(len(schema)))
        self._plain = self._plain and not schema.columns("categorical")
        self._plain = self._plain and not any(missing for _, _, missing in self._features)
        # The classes of the only column, which then is all that is read; 0 if there is more.
        self.num_classes = 0
        if len(self._features) == 1 and not self._features[0][2]:
            self.num_classes = self._features[0][1]
        self.size = sum((classes or 1) + missing for _, classes, missing in self._features)

    def __call__(self, events: tf.Tensor) -> tf.Tensor:
        """Events `[..., F]` in network space -> inputs `[..., size]`, both float32."""
        if self._plain:
            return events
        parts = []
        for index, classes, missing in self._features:
            column = events[..., index]
            absent = tf.math.is_nan(column)
            if classes:
                index = _classes(column)
                parts.append(tf.one_hot(index, classes, dtype=events.dtype))
            else:
                parts.append(tf.where(absent, tf.zeros_like(column), column)[..., None])
            if missing:
                parts.append(tf.cast(absent, events.dtype)[..., None])
        return tf.concat(parts, axis=-1)

    def classes(self, events: tf.Tensor) -> tf.Tensor:
        """Events `[..., F]` -> the class of the only column, int32 `[...]`, -1 for none."""
        index = _classes(events[..., self._features[0][0]])
        return tf.where(index < self.num_classes, tf.maximum(index, -1), -1)


def _classes(column: tf.Tensor) -> tf.Tensor:
    """Classes as whole numbers int32, -1 where they are missing."""
    known = tf.where(tf.math.is_nan(column), tf.constant(-1.0, column.dtype), column)
    return tf.cast(known, tf.int32)
