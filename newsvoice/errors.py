"""The one error type that users meet: one line that says what, where and what next."""


class NewsvoiceError(Exception):
    """Something the user can mend. `str()` of it is one complete line, ready to print.

    `where` names a file, a file and line, or a setting; `advice` says what to do next.
    """

    def __init__(self, what: str, *, where: str = "", advice: str = "") -> None:
        self.what, self.where, self.advice = what, where, advice
        super().__init__(f"{where + ': ' if where else ''}{what}{'; ' + advice if advice else ''}")
