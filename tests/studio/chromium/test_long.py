"""What takes long on the studio's pages: trainings that outlive the server, hands, sound."""

import time

import mido
import pytest

from tests.studio.chromium import pages
from tests.studio.chromium.conftest import PATIENCE_MS
from tests.studio.server import StudioServer

pytestmark = pytest.mark.slow
NO_SERVER = ("ERR_CONNECTION_REFUSED", "ERR_CONNECTION_RESET", "ERR_EMPTY_RESPONSE")
LEARNING_MS = 5 * PATIENCE_MS


@pytest.fixture(scope="module")
def everything(tmp_path_factory):
    """A server with all ready exports."""
    server = StudioServer(tmp_path_factory.mktemp("all"))
    yield server
    server.kill()


def test_a_training_outlives_the_server(make_visitor, tmp_path):
    server = StudioServer(tmp_path)
    visitor = make_visitor(server)
    visitor.expected = NO_SERVER
    try:
        page = visitor.open("train")
        pages.upload(page, "river.txt", pages.TEXT * 300)
        pages.start(page, Layers=1, Hidden_size=32, Batch=4, Epochs=3000, Look_every=10)
        page.wait_for_selector(".chart circle", timeout=LEARNING_MS)
        server.kill()
        page.wait_for_selector(".state:has-text('does not answer')")
        time.sleep(3)
        server = StudioServer(tmp_path, f"--rest_port={server.port}")
        page.wait_for_selector(".state:has-text('Learning')")  # by itself
        count = page.locator(".chart circle").count()
        page.wait_for_function(
            "count => document.querySelectorAll('.chart circle').length > count",
            arg=count,
            timeout=LEARNING_MS,
        )
        found = pages.losses(page)
        assert found[-1] < found[0] - 0.1
        page.get_by_role("button", name="Stop").click()
        page.wait_for_selector("section[data-state=stopped]", timeout=LEARNING_MS)

        page.get_by_role("button", name="Go on").click()
        pages.answer(page, "Go on", "20")
        page.wait_for_selector("section[data-state=running]")
        steps = len(pages.losses(page))
        page.wait_for_function(
            "count => document.querySelectorAll('.chart circle').length > count",
            arg=steps,
            timeout=LEARNING_MS,
        )
        page.get_by_role("button", name="Stop").click()
        page.wait_for_selector("section[data-state=stopped]", timeout=LEARNING_MS)
        page.get_by_role("button", name="Delete").click()
        pages.answer(page, "Delete")
        page.wait_for_selector("section.train")
    finally:
        for run in server.get("runs")["runs"]:  # which would go on without the server
            server.ask("POST", f"runs/{run['name']}/stop", {})
        server.kill()


def test_a_hand_is_learned(make_visitor, everything):
    visitor = make_visitor(everything)
    page = visitor.open("hand")
    for text in ("bobobobob", "obobobobo", "bbbbooooo", "ooobbbooo"):
        page.get_by_label("What the line says").fill(text)
        pages.draw_line(page)
        page.get_by_role("button", name="Keep this line").click()
        page.wait_for_selector(f".lines li:has-text('{text}')")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download").click()
    assert b"ooobbbooo" in download.value.path().read_bytes()
    page.get_by_role("button", name="Learn my hand").click()
    pages.answer(page, "Begin")
    page.wait_for_selector(".chart circle", timeout=LEARNING_MS)
    page.get_by_role("button", name="Stop").click()
    page.wait_for_selector("section[data-state=stopped]", timeout=LEARNING_MS)
    page.get_by_role("button", name="Export and use").click()
    pages.answer(page, "Export", "my-own")
    page.wait_for_selector("section[data-kind=text]", timeout=LEARNING_MS)
    page.get_by_label("Text to write").fill("bob")
    pages.wait_until_written(page)


def test_a_band_composes_while_it_plays(make_visitor, everything):
    page = make_visitor(everything).open("write/rhythm")
    page.wait_for_function("() => document.querySelectorAll('.note').length > 40")
    page.get_by_role("button", name="Play").click()
    page.wait_for_selector(".note.on")
    head = "() => Number(document.querySelector('.roll .head').getAttribute('x1')) > 150"
    page.wait_for_function(head)
    notes = page.locator(".note").evaluate_all("all => all.slice(-20).map(e => e.outerHTML)")
    pages.move(page, "temperature", 0.3)  # what is not heard yet is composed anew
    page.wait_for_function(
        """old => ![...document.querySelectorAll('.note')].slice(-20)
        .some(e => e.outerHTML === old.at(-1))""",
        arg=notes,
    )
    page.get_by_role("button", name="Pause").click()
    page.wait_for_selector("section[data-state=idle]")
    page.get_by_text("Save").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="MID").click()
    assert download.value.path().read_bytes()[:4] == b"MThd"


def test_music_is_saved_whole_while_it_is_composed(make_visitor, everything):
    page = make_visitor(everything).open("write")
    page.evaluate(
        """() => {
            const ask = window.fetch;
            const pause = () => new Promise((done) => setTimeout(done, 400));
            window.fetch = (...all) => pause().then(() => ask(...all));
        }"""
    )  # so that something is always on its way
    page.evaluate("location.hash = '#/write/rhythm'")
    page.wait_for_selector(".note")
    page.get_by_text("Save").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="MID").click()
    written = [each for each in mido.MidiFile(download.value.path()) if each.type == "note_on"]
    count = int(page.locator(".told").inner_text().split()[0])
    assert 24 < 0.95 * count < len(written) <= count  # two notes at once may be one
    page.get_by_role("button", name="Play").click()  # from the beginning, not from the end
    page.wait_for_selector(".note.on")
    assert float(page.locator(".roll .head").get_attribute("x1")) < 84 * 5


def test_models_are_downloaded_loaded_renamed_and_compared(make_visitor, everything, tmp_path):
    visitor = make_visitor(everything)
    page = visitor.open("models")
    page.wait_for_selector("li[data-model=kanji]:not(:has-text('being loaded'))")
    item = page.locator("li[data-model=kanji]")
    item.locator("summary").click()
    with page.expect_download() as download:
        item.get_by_role("button", name="Download").click()
    archive = tmp_path / "kanji.tar.gz"
    download.value.save_as(archive)

    page.set_input_files("input[type=file]", archive)
    pages.answer(page, "Load", "loaded-one")
    page.wait_for_selector("li[data-model=loaded-one]:not(:has-text('being loaded'))")
    item = page.locator("li[data-model=loaded-one]")
    item.locator("summary").click()
    item.get_by_role("button", name="Rename").click()
    pages.answer(page, "Rename", "renamed")
    page.wait_for_selector("li[data-model=renamed]")
    page.get_by_label("Compare renamed").click()
    page.get_by_label("Compare text").click()
    page.wait_for_selector(".facts.two")
    assert "857,210" in page.locator(".facts.two").inner_text()

    page.goto(f"{visitor.url}#/write/renamed")
    page.wait_for_function("() => document.querySelectorAll('.drawing path').length > 50")


def test_a_token_is_asked_for_once(make_visitor, tmp_path):
    server = StudioServer(tmp_path, "--token=secret")
    visitor = make_visitor(server)
    visitor.expected = ("401",)
    try:
        page = visitor.open("models")
        pages.answer(page, "Open", "secret")
        page.wait_for_selector("li[data-model=kanji]")
        page.reload()
        page.wait_for_selector("li[data-model=kanji]")
        assert "secret" not in page.url
    finally:
        server.kill()
