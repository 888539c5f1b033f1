"""Exports of small networks of text with random weights."""

CHARACTERS, BYTES = "\n abcé", ("0a", "20", "61", "62", "c3", "a9")


def text_export(unit, folder):
    """Exports a network of characters (`"char"`) or bytes (`"byte"`); gives the version's path."""
    from hachi_tf.layers.heads import make_head
    from hachi_tf.models.prediction_network import PredictionNetwork
    from hachi_tf.schema import Feature, Schema
    from hachi_tf.serving import saved_model
    from hachi_tf.transforms import Chain

    name, classes = ("character", tuple(CHARACTERS)) if unit == "char" else ("byte", BYTES)
    schema = Schema((Feature(name, "categorical", classes=classes),), end_of_sequence=True)
    network = PredictionNetwork(schema, make_head(schema), 1, 8)
    network.build()
    return saved_model.export(network, Chain(), schema, folder / unit, 20, {"name": unit})
