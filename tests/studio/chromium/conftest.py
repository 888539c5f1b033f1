"""Chromium, driven as a person would; what a page must never do is looked at after each test."""

import os
import shutil
import urllib.parse

import pytest

DESKTOP, PHONE = {"width": 1280, "height": 800}, {"width": 390, "height": 844}
PATIENCE_MS = 60_000  # for machines that do something else besides


@pytest.fixture(scope="module")
def chromium():
    """A browser; skips where there is none."""
    api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    path = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chrome")
    if path is None:
        pytest.skip("there is no chromium: apt-get install chromium, or name one in CHROMIUM")
    with api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


class Visitor:
    """Opens pages of a server and writes down what they complain of and whom they ask."""

    def __init__(self, browser, server):
        self.browser, self.server = browser, server
        self.complaints, self.asked, self.contexts = [], [], []
        self.expected = ()  # words of complaints that belong to the test

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server.port}/"

    def open(self, route="", size=DESKTOP, **options):
        """A page at a route; `size` is `DESKTOP` or `PHONE`."""
        phone = {"has_touch": True, "is_mobile": True} if size is PHONE else {}
        context = self.browser.new_context(viewport=size, accept_downloads=True, **phone, **options)
        context.set_default_timeout(PATIENCE_MS)
        self.contexts.append(context)
        page = context.new_page()
        page.on("console", self._said)
        page.on("pageerror", lambda error: self.complaints.append(f"error: {error}"))
        page.on("request", lambda request: self.asked.append(request.url))
        page.goto(f"{self.url}#/{route}")
        page.wait_for_selector("main section:not([aria-busy]), dialog[open]")
        return page

    def _said(self, message):
        if message.type in ("error", "warning"):
            self.complaints.append(f"{message.type}: {message.text}")

    def check(self):
        """No complaint, and nobody asked but the server."""
        hosts = {urllib.parse.urlsplit(url).netloc for url in self.asked if url[:5] != "blob:"}
        hosts = {host for host in hosts if host}  # data: has none
        said = [each for each in self.complaints if not any(word in each for word in self.expected)]
        assert not said
        assert hosts <= {f"127.0.0.1:{self.server.port}"}, hosts


@pytest.fixture
def visitor(chromium, studio):
    """A `Visitor` of the studio."""
    found = Visitor(chromium, studio)
    yield found
    for context in found.contexts:
        context.close()
    found.check()


@pytest.fixture
def make_visitor(chromium):
    """Makes visitors of other servers, which are looked at after the test."""
    made = []

    def make(server):
        made.append(Visitor(chromium, server))
        return made[-1]

    yield make
    for each in made:
        for context in each.contexts:
            context.close()
        each.check()
