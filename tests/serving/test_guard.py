"""Who may ask: Host, Origin, the token, and what a form could send."""

import pytest

from hachi_tf.serving.failures import Failure
from hachi_tf.serving.guard import Guard, is_local


def refused(check, *arguments):
    try:
        check(*arguments)
    except Failure as failure:
        return failure.http_status
    return None


@pytest.mark.parametrize(
    "bound, header, fine",
    [
        ("127.0.0.1", "127.0.0.1:8501", True),
        ("127.0.0.1", "localhost", True),
        ("127.0.0.1", "LOCALHOST.:99", True),
        ("localhost", "localhost:1", True),
        ("::1", "[::1]:8501", True),
        ("127.0.0.1", "evil.example", False),
        ("127.0.0.1", "127.0.0.1.evil.example", False),
        ("127.0.0.1", "localhost.evil.example:8501", False),
        ("127.0.0.1", "192.168.0.7", False),
        ("127.0.0.1", "", False),
        ("127.0.0.1", None, False),
        ("127.0.0.1", "[evil", False),
        ("192.168.0.7", "192.168.0.7:8501", True),
        ("192.168.0.7", "localhost", False),
        ("0.0.0.0", "192.168.0.7:8501", True),
        ("0.0.0.0", "[fe80::1]", True),
        ("0.0.0.0", "localhost", True),
        ("0.0.0.0", "evil.example", False),
        ("0.0.0.0", "model.example:80", True),
    ],
)
def test_names_that_a_server_goes_by(bound, header, fine):
    guard = Guard(bound, frozenset({"model.example"}))
    assert refused(guard.check_host, header) == (None if fine else 403)


def test_pages_from_elsewhere_are_refused():
    guard = Guard("127.0.0.1", origins=frozenset({"https://fine.example"}))
    host = "127.0.0.1:8501"
    for origin in (None, "http://127.0.0.1:8501", "https://fine.example"):
        assert refused(guard.check_origin, origin, host) is None
    for origin in ("null", "", "http://evil.example", "http://127.0.0.1", "http://127.0.0.1:85"):
        assert refused(guard.check_origin, origin, host) == 403
    assert refused(Guard("127.0.0.1", origins=frozenset("*")).check_origin, "null", host) is None


def test_the_token():
    guard = Guard("0.0.0.0", token="s3crét")
    assert refused(guard.check_token, "Bearer s3crét") is None
    assert refused(guard.check_token, "bearer  s3crét ") is None
    for given in (None, "", "Bearer", "Bearer ", "Bearer s3cré", "Basic s3crét", "s3crét", "\xff"):
        assert refused(guard.check_token, given) == 401
    assert refused(Guard("127.0.0.1").check_token, None) is None


def test_what_a_form_could_send_is_refused():
    guard = Guard("127.0.0.1")
    for from_browser in (False, True):
        for fine in ("application/json", "Application/JSON; charset=utf-8"):
            assert refused(guard.check_content_type, fine, from_browser) is None
        for kind in ("text/plain", "text/plain;application/json", "multipart/form-data", "x"):
            assert refused(guard.check_content_type, kind, from_browser) == 415
    for kind in (None, "", "application/x-www-form-urlencoded"):  # curl -d sends the last
        assert refused(guard.check_content_type, kind, False) is None
        assert refused(guard.check_content_type, kind, True) == 415


def test_local_addresses():
    assert all(map(is_local, ["127.0.0.1", "127.1.2.3", "localhost", "::1"]))
    assert not any(map(is_local, ["0.0.0.0", "::", "192.168.0.7", "example.org", ""]))
