"""The one error that a person who uses the package can mend."""


class UserError(Exception):
    """Bad input: says in one line what was expected, what came and what to do.

    Programs print it without a traceback and exit with status 2.

    Args:
        expected: what would have been right, e.g. `"a number above 0 for --epochs"`.
        got: what came instead, e.g. `"-3"`.
        do: what to do about it, e.g. `"give a positive number"`; may be empty.
    """

    def __init__(self, expected: str, got: str, do: str = ""):
        self.expected, self.got, self.do = expected, got, do
        message = f"expected {expected}; got {got}" + (f"; {do}" if do else "")
        super().__init__(" ".join(message.split()))
