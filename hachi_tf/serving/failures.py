"""What a request may fail of, by TensorFlow's codes, and what each is over HTTP."""

# As TensorFlow Serving's http_server.cc maps them.
HTTP_STATUS = {
    "OK": 200,
    "CANCELLED": 499,
    "INVALID_ARGUMENT": 400,
    "DEADLINE_EXCEEDED": 504,
    "NOT_FOUND": 404,
    "PERMISSION_DENIED": 403,
    "UNAUTHENTICATED": 401,
    "RESOURCE_EXHAUSTED": 429,
    "FAILED_PRECONDITION": 400,
    "UNIMPLEMENTED": 501,
    "INTERNAL": 500,
    "UNAVAILABLE": 503,
}


class Failure(Exception):
    """A request that cannot be answered, and what its client is told.

    Args:
        code: one of `HTTP_STATUS`, by the name that TensorFlow and gRPC give it.
        message: for the client; holds no path and nothing about this machine.
        http_status: where HTTP has a better one than the code's, e.g. 413.
    """

    def __init__(self, code: str, message: str, http_status: int | None = None):
        super().__init__(message)
        self.code, self.message = code, message
        self.http_status = http_status or HTTP_STATUS[code]


def invalid(message: str) -> Failure:
    """A request that is wrong in itself."""
    return Failure("INVALID_ARGUMENT", message)
