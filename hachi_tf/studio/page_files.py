"""The page's own files."""

import hashlib
import importlib.resources

from hachi_tf.serving.failures import Failure

TYPES = {
    "html": "text/html; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "svg": "image/svg+xml",
    "png": "image/png",
    "woff2": "font/woff2",
}
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; "
    "img-src 'self' blob: data:; media-src blob:; connect-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'"
)
HEADERS = (
    ("content-security-policy", POLICY),
    ("referrer-policy", "no-referrer"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
)


def read_page_file(name: str) -> tuple[bytes, str, str]:
    """A file of the page.

    Args:
        name: of a file in `hachi_tf/studio/page`, a name and nothing else.

    Returns:
        Its bytes, its content type and its ETag.

    Raises:
        Failure: if there is none of this name.
    """
    folder = importlib.resources.files("hachi_tf.studio") / "page"
    known = (
        {each.name: each for each in folder.iterdir() if each.is_file()} if folder.is_dir() else {}
    )
    kind = TYPES.get(name.rpartition(".")[2])
    if name not in known or kind is None:
        raise Failure("NOT_FOUND", "no such page")
    content = known[name].read_bytes()
    return content, kind, f'"{hashlib.sha256(content).hexdigest()[:32]}"'
