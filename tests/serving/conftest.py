"""A small network with random weights and its export, shared by the tests of this folder."""

import numpy as np
import pytest

MAX_STEPS = 64
ROWS = 6


@pytest.fixture(scope="session")
def schema():
    from hachi_tf.schema import Feature, Schema

    pen = Feature("end_of_stroke", "binary")
    return Schema((Feature("dx"), Feature("dy", quantum=0.25), pen), end_of_sequence=True)


@pytest.fixture(scope="session")
def transforms():
    from hachi_tf.transforms import Standardize

    return Standardize([0, 1], [1.0, -0.5], [3.0, 4.0])


@pytest.fixture(scope="session")
def make_network():
    """Builds a network whose sequences are some tens of events long."""

    def make(schema, cell="lstm", seed=0, **config):
        from hachi_tf.layers.heads import make_head
        from hachi_tf.models.prediction_network import PredictionNetwork

        head = make_head(schema, num_components=3)
        options = {"num_layers": 2, "hidden_size": 8, "cell": cell} | config
        network = PredictionNetwork(schema, head, **options)
        network.build()
        rng = np.random.default_rng(seed)
        weights = [rng.normal(size=w.shape, scale=0.5) for w in network.get_weights()]
        if schema.end_of_sequence:
            weights[-2][:, -1] *= 0.1
            weights[-1][-1] = -3.5  # the end's logit
        network.set_weights(weights)
        return network

    return make


@pytest.fixture(scope="session")
def network(schema, make_network):
    return make_network(schema)


@pytest.fixture(scope="session")
def version_dir(network, transforms, schema, shared):
    from hachi_tf.serving import saved_model

    def make(folder):
        metadata = {"name": "small", "data": {"source": "none", "licence": "CC0-1.0"}}
        saved_model.export(network, transforms, schema, folder / "small", MAX_STEPS, metadata)

    return shared("export-small", make) / "small" / "1"


@pytest.fixture(scope="session")
def model(version_dir):
    from hachi_tf.serving import saved_model

    return saved_model.load(version_dir)


@pytest.fixture(scope="session")
def call(model):
    """Calls a signature with arrays: `call(name, **inputs)`, and returns arrays."""
    import tensorflow as tf

    def call(name, **inputs):
        tensors = {key: tf.constant(value) for key, value in inputs.items()}
        return {key: value.numpy() for key, value in model.signatures[name](**tensors).items()}

    return call


@pytest.fixture(scope="session")
def settings():
    """Inputs of `sample` for a number of rows."""

    def settings(rows, num_steps=MAX_STEPS, bias=0.0, temperature=1.0, seed=7):
        return {
            "seed": np.int32([[seed, row] for row in range(rows)]).reshape(rows, 2),
            "num_steps": np.full(rows, num_steps, np.int32),
            "bias": np.full(rows, bias, np.float32),
            "temperature": np.full(rows, temperature, np.float32),
        }

    return settings


@pytest.fixture(scope="session")
def drawn(call, settings):
    return call("sample", **settings(ROWS))


@pytest.fixture(scope="session")
def alone(call, settings):
    """A row of at least 12 events drawn at batch size 1, and its inputs."""
    for seed in range(20):
        inputs = settings(1, seed=seed)
        out = call("sample", **inputs)
        if out["lengths"][0] >= 12:
            return inputs, out
    raise AssertionError("no long row in 20 seeds")


@pytest.fixture(scope="session")
def begin(model):
    """The state of the beginning for a number of rows."""
    return lambda rows=1: np.zeros([rows, model.state_size], np.float32)


@pytest.fixture(scope="session")
def writer_texts():
    """Texts of different lengths, one with characters that the writer lacks."""
    return ["bad cab", "é\N{GRINNING FACE}h?", "a face had ebbed"]


@pytest.fixture(scope="session")
def writer_network(transforms):
    """A network that reads texts and writes about four events a character."""
    from hachi_tf.layers.heads import make_head
    from hachi_tf.models.synthesis_network import SynthesisNetwork
    from hachi_tf.schema import Feature, Schema

    pen = Feature("end_of_stroke", "binary")
    schema = Schema((Feature("dx"), Feature("dy"), pen), end_of_sequence=True)
    network = SynthesisNetwork(
        schema, make_head(schema, None, 3), " abcdefghé", 2, 4.0, num_layers=2, hidden_size=6
    )
    network.build()
    rng = np.random.default_rng(0)
    network.set_weights([rng.normal(size=w.shape, scale=0.4) for w in network.get_weights()])
    network.reader.window.bias.assign([0.0, 0.0, 0.0, 0.0, -1.5, -1.2])
    return network


@pytest.fixture(scope="session")
def writer_styles():
    """Two ways of writing, as `(name, text, events [P, 3])`."""
    rng = np.random.default_rng(1)
    lines = [rng.normal(size=(count, 3), scale=3.0).astype(np.float32) for count in (11, 7)]
    for line in lines:
        line[:, 2] = line[:, 2] > 3.0
    return [("neat", "bed ", lines[0]), ("wild", "ha?", lines[1])]


@pytest.fixture(scope="session")
def writer(writer_network, writer_styles, transforms, shared):
    """The export of a network that reads texts."""
    from hachi_tf.samplers.reading import Style
    from hachi_tf.serving import saved_model

    def make(folder):
        styles, schema = [Style(*each) for each in writer_styles], writer_network.schema
        folder = folder / "writer"
        saved_model.export(writer_network, transforms, schema, folder, 150, None, styles)

    return saved_model.load(shared("export-writer", make) / "writer" / "1")


@pytest.fixture(scope="session")
def ask(writer):
    """`call` for the writer; texts may be a list of strings."""
    import tensorflow as tf

    def ask(name, **inputs):
        tensors = {key: tf.constant(value) for key, value in inputs.items()}
        return {key: value.numpy() for key, value in writer.signatures[name](**tensors).items()}

    return ask


TEXT_CLASSES = {
    "char": "\n abcdeé\N{GRINNING FACE}",
    "byte": [0x00, 0x0A, 0x61, 0x62, 0xA9, 0xC3, 0xFF],
    "records": " abcdefg",
}


@pytest.fixture(scope="session")
def text_schemas():
    """Schemas of texts: characters, bytes, and records of characters with a learned end."""
    from hachi_tf.schema import Feature, Schema

    schemas = {}
    for name, classes in TEXT_CLASSES.items():
        column = "byte" if name == "byte" else "character"
        classes = [f"{each:02x}" for each in classes] if name == "byte" else classes
        feature = Feature(column, "categorical", classes=tuple(classes))
        schemas[name] = Schema((feature,), end_of_sequence=name == "records")
    return schemas


@pytest.fixture(scope="session")
def text_networks(text_schemas, make_network):
    return {name: make_network(schema) for name, schema in text_schemas.items()}


@pytest.fixture(scope="session")
def export_text(text_networks, shared):
    """Exports one of `text_networks`: `export_text(name)`, the version's path."""
    from hachi_tf.serving import saved_model
    from hachi_tf.transforms import Chain

    def export_text(name):
        def make(folder):
            network = text_networks[name]
            saved_model.export(network, Chain(), network.schema, folder / name, MAX_STEPS)

        return shared(f"export-{name}", make) / name / "1"

    return export_text


@pytest.fixture(scope="session")
def text_models(export_text):
    """The exports of `text_networks`, each loaded when it is asked for."""
    from hachi_tf.serving import saved_model

    class Loaded(dict):
        def __missing__(self, name):
            self[name] = saved_model.load(export_text(name))
            return self[name]

    return Loaded()


@pytest.fixture(params=list(TEXT_CLASSES))
def text_model(text_models, request):
    """Each of `text_models`."""
    return text_models[request.param]


@pytest.fixture(scope="session")
def tell():
    """Calls a signature of a model of text with arrays: `tell(model, name, **inputs)`."""
    import tensorflow as tf

    def tell(model, name, **inputs):
        tensors = {key: tf.constant(value) for key, value in inputs.items()}
        return {key: value.numpy() for key, value in model.signatures[name](**tensors).items()}

    return tell


@pytest.fixture(scope="session")
def text_settings(settings):
    """Inputs of `sample` of a model of text for a number of rows."""

    def text_settings(rows, num_steps=MAX_STEPS, temperature=1.0, seed=7, top_k=0, top_p=1.0):
        return settings(rows, num_steps, 0.0, temperature, seed) | {
            "top_k": np.full(rows, top_k, np.int32),
            "top_p": np.full(rows, top_p, np.float32),
        }

    return text_settings
