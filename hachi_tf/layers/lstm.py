"""LSTM layers."""

import keras


@keras.saving.register_keras_serializable("hachi_tf")
class LSTM(keras.layers.LSTM):
    """Keras's LSTM."""

    def __init__(self, units, *, clip_derivatives=None, **kwargs):
        super().__init__(units, **kwargs)
        self.clip_derivatives = clip_derivatives

    def get_config(self):
        """The arguments of the constructor."""
        return {**super().get_config(), "clip_derivatives": self.clip_derivatives}
