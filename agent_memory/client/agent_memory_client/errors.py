"""Errors of a call.

ClientError
├── NotReachable     the server did not answer, after all attempts
├── BrokenOff        a stream ended before its turn did
└── Refused          the server answered with an error
    ├── BadRequest       400, 413: the call is malformed or too large
    ├── NotAllowed       401, 403: the key is not valid, or lacks a scope
    ├── NotFound         404
    ├── Conflict         409
    │   └── Outdated         412: it is at another version than was expected
    └── Busy             429, 503: try again later
"""


class ClientError(Exception):
    """Root of the tree."""


class NotReachable(ClientError):
    """The server did not answer, after all attempts."""


class BrokenOff(ClientError):
    """A stream ended before its turn did; the turn may be repeated under the same key."""


class Refused(ClientError):
    """The server's error. `code` is stable; `request_id` finds it in the server's log."""

    def __init__(self, status: int, code: str, message: str, request_id: str = "") -> None:
        super().__init__(status, code, message, request_id)
        self.status = status
        self.code = code
        self.message = message
        self.request_id = request_id

    def __str__(self) -> str:
        return self.message


class BadRequest(Refused):
    """The call is malformed or too large."""


class NotAllowed(Refused):
    """The key is not valid, or lacks a scope."""


class NotFound(Refused):
    """Nothing of that id exists in the key's workspace."""


class Conflict(Refused):
    """It exists already, or is being changed."""


class Outdated(Conflict):
    """A context is at another version than the writer expected; nothing was written. `version` is
    the present one, None where there is no context."""

    def __init__(
        self, status: int, code: str, message: str, request_id: str = "", version: int | None = None
    ) -> None:
        super().__init__(status, code, message, request_id)
        self.args = (status, code, message, request_id, version)
        self.version = version


class Busy(Refused):
    """The server cannot do it now."""


_OUTDATED = 412
_BY_STATUS: dict[int, type[Refused]] = {
    400: BadRequest,
    413: BadRequest,
    401: NotAllowed,
    403: NotAllowed,
    404: NotFound,
    409: Conflict,
    429: Busy,
    503: Busy,
}


def refusal(status: int, problem: object) -> Refused:
    """The error for a status and the problem details that came with it."""
    told = problem if isinstance(problem, dict) else {}
    message = str(told.get("detail") or f"The server answered {status}.")
    code, request_id = str(told.get("code", "")), str(told.get("request_id", ""))
    if status == _OUTDATED:
        return Outdated(status, code, message, request_id, told.get("version"))
    return _BY_STATUS.get(status, Refused)(status, code, message, request_id)
