"""Who may ask: names that the server goes by, pages that may use it, and the token.

A page in a browser can send requests to 127.0.0.1. It is kept out by what browsers say of it:
`Origin`, and after a name was rebound to 127.0.0.1 also `Host`.
"""

import dataclasses
import hmac
import ipaddress

from hachi_tf.serving.failures import Failure

_LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclasses.dataclass(frozen=True)
class Guard:
    """Checks of a request's headers.

    Attributes:
        host: the address that the server is bound to.
        names: further names that it goes by, e.g. behind a proxy.
        origins: pages that may use it, e.g. `https://example.org`; `*` for all.
        token: what clients must know, empty for nothing.
    """

    host: str
    names: frozenset[str] = frozenset()
    origins: frozenset[str] = frozenset()
    token: str = ""

    def check_host(self, header: str | None) -> None:
        """Refuses requests for other names.

        A server bound to all addresses takes any address, which nobody can rebind, and those
        names that it was told.

        Raises:
            Failure: if it is one.
        """
        name = _host_name(header or "")
        if name in self.names or name == self.host.lower():
            return
        everywhere = self.host in ("", "0.0.0.0", "::")
        if name in _LOCAL and (everywhere or is_local(self.host)):
            return
        if everywhere and _is_address(name):
            return
        raise Failure("PERMISSION_DENIED", "this server does not go by the name in Host")

    def check_origin(self, origin: str | None, host: str | None) -> None:
        """Refuses requests of pages from elsewhere.

        Raises:
            Failure: if it is one.
        """
        if origin is None or self.allows(origin):
            return
        if origin.lower() in {f"{scheme}://{(host or '').lower()}" for scheme in ("http", "https")}:
            return
        raise Failure("PERMISSION_DENIED", "pages of this Origin may not use this server")

    def allows(self, origin: str) -> bool:
        """Whether a page from elsewhere may use the server."""
        return "*" in self.origins or origin in self.origins

    def check_token(self, authorization: str | None) -> None:
        """Refuses those who do not know the token.

        Raises:
            Failure: if the header `Authorization` is not `Bearer` and the token.
        """
        if not self.token:
            return
        scheme, _, given = (authorization or "").partition(" ")
        # Compared in any case, so that the time taken tells nothing.
        is_same = hmac.compare_digest(given.strip().encode(), self.token.encode())
        if not is_same or scheme.lower() != "bearer":
            raise Failure("UNAUTHENTICATED", "expected the header Authorization: Bearer TOKEN")

    def check_content_type(self, content_type: str | None, from_browser: bool) -> None:
        """Refuses bodies that a form may have sent.

        Clients other than browsers may leave the type out, and `curl -d`, as TensorFlow Serving's
        own examples have it, says that it sends a form.

        Raises:
            Failure: if it is one.
        """
        kind = (content_type or "").partition(";")[0].strip().lower()
        if kind == "application/json":
            return
        if not from_browser and kind in ("", "application/x-www-form-urlencoded"):
            return
        raise Failure("INVALID_ARGUMENT", "expected Content-Type: application/json", 415)


def is_local(host: str) -> bool:
    """Whether only this machine can reach the address."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _host_name(header: str) -> str:
    """`[::1]:8501` -> `::1`, `Name:8501` -> `name`."""
    header = header.strip().lower()
    if header.startswith("["):
        return header[1:].partition("]")[0]
    return header.partition(":")[0].rstrip(".")


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
