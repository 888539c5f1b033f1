"""What persons do on the studio's pages."""

import math

TEXT = "Today I went to the river, and the water was high and cold. "


def ink(page):
    """The paths on the sheet."""
    return page.locator(".sheet .ink path").evaluate_all(
        "paths => paths.map(path => path.getAttribute('d'))"
    )


def wait_until_written(page):
    page.wait_for_selector("section[data-state=idle] .sheet .ink path")


def move(page, name, value):
    """Moves a slider."""
    page.locator(f".slider[data-name='{name}'] input").fill(str(value))


def draw_line(page, letters=9):
    """Writes circles and bars with the mouse."""
    box = page.locator(".pad").bounding_box()
    step = min(60.0, box["width"] * 0.9 / letters)
    for index in range(letters):
        x, y = box["x"] + 20 + step * index, box["y"] + box["height"] * 0.62
        _stroke(page, [(x, y - 40), (x + 1, y - 20), (x, y)])
        angles = [point / 12 * 2 * math.pi for point in range(13)]
        middle = x + step * 0.4
        _stroke(page, [(middle + 10 * math.cos(a), y - 9 - 9 * math.sin(a)) for a in angles])


def _stroke(page, points):
    page.mouse.move(*points[0])
    page.mouse.down()
    for point in points[1:]:
        page.mouse.move(*point)
    page.mouse.up()


def answer(page, button, text=None):
    """Answers the dialog that asks."""
    dialog = page.locator("dialog#ask[open]")
    if text is not None:
        dialog.locator("input").fill(text)
    dialog.get_by_role("button", name=button, exact=True).click()


def upload(page, name, text):
    """Gives a file to learn from."""
    file = {"name": name, "mimeType": "text/plain", "buffer": text.encode()}
    page.set_input_files("input[type=file]", file)
    page.wait_for_selector(".what .figures")


def start(page, **options):
    """Chooses options by their labels, and starts."""
    page.get_by_text("The network and its learning").click()
    for label, value in options.items():
        page.get_by_label(label.replace("_", " "), exact=False).first.fill(str(value))
    page.get_by_role("button", name="Start learning").click()
    page.wait_for_selector(".run .state")


def losses(page):
    """The held-out losses on the chart, from left to right."""
    titles = page.locator(".chart circle title").all_text_contents()
    return [float(title.split(": ")[1].replace("\u2212", "-")) for title in titles]
