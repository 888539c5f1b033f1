"""The page to give away: its script beside TensorFlow, its size, what it refuses."""

import html.parser
import json
import re

import numpy as np
import pytest
import tensorflow as tf

from hachi_tf import export
from hachi_tf.errors import UserError
from hachi_tf.layers.heads import make_head
from hachi_tf.models.prediction_network import PredictionNetwork
from hachi_tf.models.synthesis_network import SynthesisNetwork
from hachi_tf.samplers.noise import uniforms_numpy
from hachi_tf.samplers.reading import Style
from hachi_tf.samplers.text_sampler import make_sampler
from hachi_tf.schema import Feature, Schema
from hachi_tf.serving import manifest, page, page_model, saved_model
from hachi_tf.transforms import Chain, Standardize
from tests.serving.pages import (
    MAX_STEPS,
    RUN,
    halved,
    metadata_of,
    page_job,
    run_node,
    sample,
)

PEN = Feature("end_of_stroke", "binary")
STROKES = Schema((Feature("dx"), Feature("dy", quantum=0.25), PEN), end_of_sequence=True)
ENDLESS = Schema((Feature("dx"), Feature("dy"), PEN))
CHARACTERS = Schema((Feature("character", "categorical", classes=tuple("\n abcé")),))
BYTES = ("0a", "20", "61", "62", "c3", "a9")
OF_BYTES = Schema((Feature("byte", "categorical", classes=BYTES),), end_of_sequence=True)
HEADS = {
    "diagonal": "gaussian_mixture(covariance='diag')",
    "coupled": "gaussian_mixture(coupling='mixture')",
    "student": "student_t_mixture",
}
SEEDS = [
    {"seed": seed, "row": seed % 3, "bias": bias, "temperature": temperature, "steps": MAX_STEPS}
    for seed, (bias, temperature) in enumerate([(0, 1), (0.5, 0.8), (2, 1.5), (0, 0), (0, 1)])
]


def build(network, seed=0, spread=0.5):
    network.build()
    rng = np.random.default_rng(seed)
    weights = [rng.normal(size=w.shape, scale=spread) for w in network.get_weights()]
    if network.schema.end_of_sequence:
        weights[-1][-1] = -3.5
    network.set_weights(weights)
    return halved(network)


def drawing(cell="lstm", schema=STROKES, head=None, layers=2):
    return build(PredictionNetwork(schema, make_head(schema, head, 3), layers, 7, cell=cell))


def writer(cell):
    schema = Schema((Feature("dx"), Feature("dy"), PEN), end_of_sequence=True)
    network = SynthesisNetwork(schema, make_head(schema, None, 3), " abcdefghé", 2, 4.0,
                               num_layers=3, hidden_size=6, cell=cell)  # fmt: skip
    build(network, spread=0.4)
    network.reader.window.bias.assign([0.0, 0.0, 0.0, 0.0, -1.5, -1.25])
    return network


@pytest.fixture(scope="module")
def styles(writer_styles):
    return [Style(*each) for each in writer_styles]


@pytest.fixture(scope="module")
def cases(transforms, styles):
    """By name: a sampler, a job for the script, and what TensorFlow makes of it."""
    twice = Chain([transforms, Standardize([1], [0.5], [2.0])])
    networks = {name: (drawing(name), twice) for name in page_model._GATES}
    heads = {name: drawing(schema=ENDLESS, head=head, layers=1) for name, head in HEADS.items()}
    networks |= {name: (network, transforms) for name, network in heads.items()}
    for name, cell in (("writer", "lstm"), ("peephole_writer", "peephole_lstm")):
        networks[name] = (writer(cell), transforms)
    networks |= {"text": (drawing("gru", CHARACTERS), Chain())}
    networks |= {"bytes": (drawing("lstm", OF_BYTES), Chain())}
    samples = dict.fromkeys(networks, SEEDS)
    texts = [("bad cab", ""), ("é\N{GRINNING FACE}h?", ""), ("a face", "neat"), (" ", ""),
             ("had ebbed", "wild")]  # fmt: skip
    written = [
        each | {"text": text, "style": style}
        for each, (text, style) in zip(SEEDS, texts, strict=True)
    ]
    samples |= {"writer": written, "peephole_writer": written}
    primes = ("", "a", "bé ab\n", "xab", "\nb")
    primed = [each | {"prime": prime} for each, prime in zip(SEEDS, primes, strict=True)]
    samples |= {"text": primed, "bytes": primed}
    found = {}
    for name, (network, own) in networks.items():
        conditions = {"styles": styles} if network.conditioned else {}
        sampler = make_sampler(network, own, network.schema, MAX_STEPS, **conditions)
        metadata = metadata_of(network, own, **conditions)
        job = page_job(metadata, network.get_weights(), samples[name])
        found[name] = (job, sample(sampler, samples[name]))
    drawn = run_node(RUN, [job for job, _ in found.values()])
    return {name: (*each, own) for (name, each), own in zip(found.items(), drawn, strict=True)}


NAMES = (*page_model._GATES, *HEADS, "writer", "peephole_writer", "text", "bytes")


@pytest.mark.parametrize("name", NAMES)
def test_the_script_draws_what_the_sampler_draws(name, cases):
    _, (events, ended, complete), drawn = cases[name]
    assert sum(map(len, events)) > 40
    for row, own in enumerate(drawn):
        assert len(own["events"]) == len(events[row]), row
        np.testing.assert_allclose(
            np.reshape(own["events"], events[row].shape), events[row], atol=1e-4, rtol=1e-5
        )
        assert own["ended"] == ended[row]
    if "writer" in name:
        assert [own["complete"] for own in drawn] == list(complete)
        assert len(events[3]) == 0 and len(events[2]) and len(events[4])


def test_threefry_has_the_published_vectors():
    ones = 2**32 - 1
    vectors = [
        ((0, 0, 0, 0), (0x6B200159, 0x99BA4EFE)),
        ((ones,) * 4, (0x1CB996FC, 0xBB002BE7)),
        ((0x13198A2E, 0x03707344, 0x243F6A88, 0x85A308D3), (0xC4923A9C, 0x483DF7A0)),
    ]
    program = """
    import { readFileSync } from "node:fs";
    const words = JSON.parse(readFileSync(0, "utf8"));
    console.log(JSON.stringify(words.map((each) => threefry(...each))));
    """
    assert run_node(program, [words for words, _ in vectors]) == [list(out) for _, out in vectors]


def test_noise_is_that_of_the_sampler():
    seed, steps, channels = [[7, 2**31], [2**32 - 1, 3]], 40, 5
    program = """
    import { readFileSync } from "node:fs";
    const [seeds, steps, channels] = JSON.parse(readFileSync(0, "utf8"));
    const row = (seed) => Array.from({ length: steps }, (_, t) => [...uniforms(seed, t, channels)]);
    const rows = seeds.map(row);
    console.log(JSON.stringify([rows, rows.flat(2).map(normalQuantile)]));
    """
    rows, normal = run_node(program, [seed, steps, channels])
    expected = uniforms_numpy(np.array(seed), np.zeros(2, int), steps, channels)
    np.testing.assert_array_equal(np.float32(rows), expected)
    np.testing.assert_allclose(
        normal, tf.math.ndtri(np.float64(expected.ravel())), rtol=1e-12, atol=1e-14
    )


def test_normal_quantiles_hold_in_the_tails():
    program = """
    import { readFileSync } from "node:fs";
    console.log(JSON.stringify(JSON.parse(readFileSync(0, "utf8")).map(normalQuantile)));
    """
    chances = [2**-24, 1e-12, 1e-3, 0.0749, 0.0751, 0.5, 0.9, 1 - 2**-24]
    np.testing.assert_allclose(run_node(program, chances), tf.math.ndtri(np.float64(chances)),
                               rtol=1e-10)  # fmt: skip


def test_characters_that_say_the_same_are_taken_and_others_told():
    program = """
    import { readFileSync } from "node:fs";
    const [text, characters, same] = JSON.parse(readFileSync(0, "utf8"));
    console.log(JSON.stringify(prepare(text, new Set(characters), same)));
    """
    characters = " '-Cabefino"
    text = "a’b—ﬁ É a\u0301 ☃"
    got = run_node(program, [text, characters, page_model._same(characters)])
    assert got == {"text": "a'b-fi e a ", "replaced": [["ﬁ", "fi"], ["É", "e"], ["á", "a"]],
                   "dropped": ["☃"]}  # fmt: skip


class Reader(html.parser.HTMLParser):
    """Elements with what stands in them."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.open = [], ["", {}, ""]
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.open = [tag, dict(attributes), ""]
        self.elements.append(self.open)

    def handle_endtag(self, tag):
        self.open = ["", {}, ""]

    def handle_data(self, data):
        self.open[2] += data


def test_the_page_holds_everything_and_a_name_cannot_break_out_of_it(transforms, styles):
    network = writer("lstm")
    name = '</script><script>alert("1")</script><!--{{script}}'
    metadata = metadata_of(network, transforms, styles, name)
    metadata["data"] = {"credit": "</title>&amp;\ud800"}
    text = page.render(page_model.describe(metadata), network.get_weights(), metadata).decode()
    elements = Reader(text).elements
    found = [(own, said) for tag, own, said in elements if tag == "script"]
    scripts = {own.get("id", own["type"]): said for own, said in found}
    assert list(scripts) == ["model", "weights", "styles", "module"] and len(found) == 4
    assert json.loads(scripts.pop("model"))["name"] == name
    assert "alert" not in str(scripts)
    assert [said for tag, _, said in elements if tag == "title"] == [f"{name} writes by hand"]
    (policy,) = [own["content"] for _, own, _ in elements
                 if own.get("http-equiv") == "Content-Security-Policy"]  # fmt: skip
    assert policy.startswith("default-src 'none'; script-src 'unsafe-inline'; ")
    assert not re.search(r'(src|href)="(?!data:,")', text)


@pytest.mark.parametrize("name", ["hershey", "kanji", "text"])
def test_a_ready_export_makes_a_small_page(name, tmp_path):
    result = page.write_page(f"exports/{name}", tmp_path / "page.html")
    size = (tmp_path / "page.html").stat().st_size
    assert result["bytes"] == size
    assert size < 2 * result["num_weights"] * 16 / 11 + 60_000
    # All but the weights: the script, what is seen, and the styles.
    assert size - 2 * result["num_weights"] * 4 / 3 < 110_000


@pytest.mark.parametrize(
    "flags, said",
    [
        (["--from_export=exports/rhythm"], "strokes (dx, dy, end_of_stroke) or of text"),
        (["--from_export=nowhere"], "an export at nowhere; got no such folder"),
        (["--run_dir=nowhere"], "nowhere"),
        (["exports/kanji"], "the export exports/kanji; name it with --from_export"),
        (["--from_export=exports/kanji", "--export_dir=other"], "got both"),
        (["--from_export=exports/kanji", "--output=page.svg"], "a file ending in .html"),
        (["--from_export=exports/kanji", "--output=hachi_tf/page.html/page.html"], "page.html"),
    ],
)
def test_what_cannot_be_done_is_said(flags, said, tmp_path, caplog, monkeypatch):
    output = tmp_path / "page.html"
    if flags[-1].endswith("page.html/page.html"):
        (tmp_path / "a.html").write_text("")
        flags = [flags[0], f"--output={tmp_path / 'a.html' / 'page.html'}"]
    given = flags if "--output" in flags[-1] else [*flags, f"--output={output}"]
    assert export.main(given) == 2
    assert said in caplog.text and len(caplog.messages) == 1
    assert not output.exists() and len(list(tmp_path.iterdir())) <= 1


def test_the_weights_of_an_export_are_those_of_its_network():
    version_dir = manifest.find_version("exports/kanji")
    found = page.read_weights(version_dir, manifest.read(version_dir))
    expected = saved_model.load_network(version_dir).get_weights()
    for mine, theirs in zip(found, expected, strict=True):
        np.testing.assert_array_equal(mine, theirs)


def test_weights_beyond_float16_are_refused(network, transforms):
    model = page_model.describe(metadata_of(network, transforms))
    weights = network.get_weights()
    with pytest.raises(UserError, match="weights of the shapes"):
        page_model.half_weights(weights[1:], model)
    weights[0] = weights[0] * 0 + 1e6
    with pytest.raises(UserError, match="65504"):
        page_model.half_weights(weights, model)


def test_other_models_are_refused(network, transforms):
    metadata = metadata_of(network, transforms)
    for change, said in (
        ({"transforms": {"name": "delay", "config": {}}}, "got delay"),
        ({"network": metadata["network"] | {"network": "mine"}}, "got 'mine'"),
        ({"transforms": {"name": "standardize", "config": {}}}, "as an export describes it"),
    ):
        with pytest.raises(UserError, match=said):
            page_model.describe(metadata | change)


def test_damaged_weights_are_told(tmp_path):
    metadata = manifest.read(manifest.find_version("exports/kanji"))
    with pytest.raises(UserError, match="whole weights"):
        page.read_weights(tmp_path, metadata)
