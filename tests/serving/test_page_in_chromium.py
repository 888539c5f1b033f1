"""The page to give away as a person uses it, in Chromium: it asks nobody for anything."""

import re
import time

import pytest

from hachi_tf.serving import page
from tests.serving.pages import CHROMIUM, agreeing, ready, sample

sync_api = pytest.importorskip("playwright.sync_api")
if CHROMIUM is None:
    pytest.skip("there is no Chromium", allow_module_level=True)

PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
INK = "[...document.querySelectorAll('svg.ink path')].map((path) => path.getAttribute('d')).join()"
AT_REST = "!hachi.view.ticker.running"
# What is agreed on with `sample`, in data units, and for how much of what is drawn at least.
TOLERANCE, LEAST_SHARE = 0.01, 0.8


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """Pages of the ready exports, by name."""
    folder = tmp_path_factory.mktemp("pages")
    for name in ("hershey", "kanji", "text"):
        page.write_page(f"exports/{name}", folder / f"{name}.html")
    return {path.stem: path.as_uri() for path in folder.iterdir()}


@pytest.fixture(scope="module")
def browser():
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def visit(browser, pages):
    """Opens a page; at the end nothing was complained of, and nothing asked for but the file."""
    told, asked, contexts = [], [], []

    def visit(name, **options):
        contexts.append(browser.new_context(**options))
        tab = contexts[-1].new_page()
        tab.on("console", lambda message: told.append(message.text))
        tab.on("pageerror", lambda error: told.append(str(error)))
        tab.on("request", lambda request: asked.append(request.url))
        tab.goto(pages[name])
        return tab

    yield visit
    for context in contexts:
        context.close()
    assert told == []
    assert {url for url in asked if not url.startswith(("data:", "blob:"))} <= set(pages.values())


def set_slider(tab, label, value):
    slider = tab.get_by_label(label, exact=False)
    slider.evaluate(
        "(input, value) => { input.value = value; for (const each of ['input', 'change'])"
        " input.dispatchEvent(new Event(each)); }",
        value,
    )


def wait(tab, condition, seconds=30):
    """Waits for a condition; Playwright's own way is one that the page forbids."""
    deadline = time.monotonic() + seconds
    while not tab.evaluate(condition):
        assert time.monotonic() < deadline, condition
        tab.wait_for_timeout(30)


def rest(tab, seconds=30):
    wait(tab, AT_REST, seconds)


def test_type_and_the_pen_writes(visit):
    tab = visit("hershey")
    tab.get_by_label("Text to write").fill("")
    wait(tab, f"({INK}).length === 0")
    tab.get_by_label("Text to write").press_sequentially("fox", delay=20)
    wait(tab, f"({INK}).length > 100")
    partly = tab.evaluate(INK)
    rest(tab)
    first = tab.evaluate(INK)
    assert len(first) > len(partly)
    assert tab.evaluate("hachi.view.lines.map((line) => [line.text, line.sequence.complete])") == [
        ["fox", True]
    ]
    assert tab.locator("svg.ink").get_attribute("aria-label") == "fox"
    # The sliders change the ink, and so does a style; the seed brings it back.
    set_slider(tab, "Bias", 3)
    rest(tab)
    neat = tab.evaluate(INK)
    assert neat != first
    tab.get_by_label("Style").select_option("script")
    rest(tab)
    assert tab.evaluate(INK) not in (first, neat)
    tab.get_by_label("Style").select_option("")
    rest(tab)
    set_slider(tab, "Bias", 1)
    rest(tab)
    assert tab.evaluate(INK) == first
    with tab.expect_download() as download:
        tab.get_by_role("button", name="Save SVG").click()
    text = download.value.path().read_text(encoding="utf-8")
    assert text.startswith("<svg ") and text.count("<path ") == first.count("M")
    tab.get_by_role("button", name="Write again").click()
    rest(tab)
    assert tab.evaluate(INK) != first


def test_a_slider_acts_while_the_pen_writes_and_words_can_be_added(visit):
    tab = visit("hershey")
    text = tab.get_by_label("Text to write")
    text.fill("the quick brown fox jumps over it")
    wait(tab, "hachi.view.lines[0]?.numDrawn > 20")
    before = tab.evaluate("hachi.view.lines[0].events.length")
    set_slider(tab, "Temperature", 0)
    wait(tab, f"hachi.view.lines[0].events.length > {before}")
    assert tab.evaluate("hachi.view.ticker.running && hachi.view.temperature.value === 0")
    drawn = tab.evaluate("hachi.view.lines[0].numDrawn")
    assert drawn > 20
    text.fill("the quick brown fox jumps over it\nénd ☃ and ends")
    rest(tab, 60)
    lines = tab.evaluate("hachi.view.lines.map((line) => [line.text, line.done])")
    assert lines == [["the quick brown fox jumps over it", True], ["énd and ends", True]]
    assert "left out ☃" in tab.get_by_role("status").text_content()
    events = tab.evaluate("hachi.view.lines[0].events.map((event) => event.slice(0, 3))")
    usual = tab.evaluate(
        "hachi.model.sample({ seed: hachi.view.seed.value, bias: 1,"
        " text: hachi.view.lines[0].text }).events.map((event) => [...event])"
    )
    assert events[:before] == usual[:before] and events != usual


def test_a_wall_of_kanji(visit):
    tab = visit("kanji")
    set_slider(tab, "Drawings", 4)
    rest(tab)
    first = tab.evaluate(INK)
    cells = tab.locator("button.cell")
    assert cells.count() == 4 and tab.evaluate("hachi.view.cells.every((cell) => cell.done)")
    cells.nth(1).click()
    wait(tab, "hachi.view.cells[1].row === 5")
    rest(tab)
    assert tab.evaluate(INK) != first
    with tab.expect_download() as download:
        tab.get_by_role("button", name="Save SVG").click()
    assert download.value.path().read_text(encoding="utf-8").count("<g>") == 4


def test_a_text_goes_on(visit):
    tab = visit("text", reduced_motion="reduce")
    rest(tab)
    tab.get_by_label("Text to go on with").fill("Emma was ☃")
    set_slider(tab, "Length", 150)
    tab.get_by_role("button", name="Go on").click()
    rest(tab)
    assert "left out ☃" in tab.get_by_role("status").text_content()
    story = tab.locator(".story").text_content()
    assert story.startswith("Emma was ") and len(story) == len("Emma was ") + 150
    seed = int(tab.get_by_label("Seed").input_value())
    same = tab.evaluate(
        "(seed) => { const { model } = hachi; const options = { seed, prime: 'Emma was ' };"
        " const { events } = model.sample({ ...options, steps: 150, temperature: 0.7 });"
        " return events.map((event) => model.codec.classes[event[0]]).join(''); }",
        seed,
    )
    assert story == f"Emma was {same}"
    with tab.expect_download() as download:
        tab.get_by_role("button", name="Save text").click()
    assert download.value.path().read_text(encoding="utf-8") == story


@pytest.mark.parametrize("name", ["hershey", "kanji", "text"])
def test_on_a_phone_nothing_is_beside_the_screen_and_night_is_dark(name, visit):
    tab = visit(name, **PHONE, color_scheme="dark")
    assert tab.evaluate("document.documentElement.scrollWidth") == 390
    tab.get_by_text("Settings").click()
    for field in tab.locator("input, select, textarea, button").all():
        box = field.bounding_box()
        assert box["x"] >= 0 and box["x"] + box["width"] <= 390
        assert field.get_attribute("aria-label") or field.evaluate(
            "(field) => (field.labels?.[0] ?? field).textContent.trim()"
        )
    back = "getComputedStyle(document.body).backgroundColor"
    assert max(map(int, re.findall(r"\d+", tab.evaluate(back)))) < 60
    tab.get_by_label("Dark or light").click()
    assert min(map(int, re.findall(r"\d+", tab.evaluate(back)))) > 200


@pytest.mark.slow
def test_it_computes_faster_than_the_pen_writes(visit):
    tab = visit("hershey")
    rest(tab)
    steps = tab.evaluate(
        "() => { const start = performance.now(); let steps = 0;"
        " while (performance.now() < start + 700) steps += hachi.model.sample("
        "{ seed: steps, text: 'the quick brown fox' }).events.length;"
        " return (1000 * steps) / (performance.now() - start); }"
    )
    assert steps > tab.evaluate("hachi.view.rate")


SAMPLES = {
    "hershey": [
        {"text": "The quick brown fox", "bias": 0.5},
        {"text": "jumps over the lazy dog, 12", "style": "script", "bias": 1.0},
    ],
    "kanji": [{"bias": 0.5}, {"bias": 0.0, "temperature": 0.8}],
    "text": [{"prime": "It was a pity that ", "temperature": 0.8}, {"prime": "Emma"}],
}


@pytest.mark.slow
@pytest.mark.parametrize("name", SAMPLES)
def test_twenty_seeds_are_what_sample_draws(name, visit):
    """Until rounding makes a draw another one; see TOLERANCE."""
    _, _, sampler = ready(name)
    options = SAMPLES[name]
    samples = [options[seed % 2] | {"seed": seed, "steps": 500} for seed in range(20)]
    events, ended, complete = sample(sampler, samples, compiled=True)
    tab = visit(name)
    drawn = tab.evaluate(
        "(samples) => samples.map((options) => { const drawn = hachi.model.sample(options);"
        " return { ...drawn, events: drawn.events.map((event) => [...event]) }; })",
        samples,
    )
    total, whole, agreed = 0, 0, 0
    for row, own in enumerate(drawn):
        same = agreeing(events[row], own["events"], TOLERANCE)
        total, agreed = total + len(events[row]), agreed + same
        if same == len(events[row]):
            whole += 1
            assert len(own["events"]) == same and own["ended"] == ended[row]
            assert own["complete"] == complete[row] or name == "text"
    assert total > 500
    assert agreed >= LEAST_SHARE * total and whole >= 15, (agreed, total, whole)
