"""What can go wrong, each with the code that a program can tell it by.

``code`` is the server's own where the server refused (``INVALID_INPUT``, ``NOT_FOUND``, ...), and
one of ours where it never came to that: ``NO_BINARY``, ``NOT_STARTED``, ``UNREACHABLE``,
``TIMEOUT_CLIENT``, ``NOT_JSON``, ``CLOSED``.
"""

from __future__ import annotations

from typing import Optional


class ContextLiteError(Exception):
    """Anything that this package reports.

    Attributes:
        code: Names the kind of failure.
        field: The field of the request that is wrong, if it is one.
        status: The HTTP status of the server's answer, if there was one.
        retry_after_s: After how many seconds the server says to try again, if it does.
    """

    def __init__(
        self,
        message: str,
        *,
        code: str,
        field: Optional[str] = None,
        status: Optional[int] = None,
        retry_after_s: Optional[float] = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.field = field
        self.status = status
        self.retry_after_s = retry_after_s

    def __reduce__(self) -> tuple[object, ...]:
        return _rebuilt, (type(self), str(self), dict(self.__dict__))


def _rebuilt(
    kind: type[ContextLiteError], message: str, state: dict[str, object]
) -> ContextLiteError:
    """An error that was pickled, as those are that come out of another process."""
    error = kind.__new__(kind)
    Exception.__init__(error, message)
    error.__dict__.update(state)
    return error


class BinaryNotFoundError(ContextLiteError):
    """The program that this package carries is not where it was installed (``NO_BINARY``)."""


class ServerError(ContextLiteError):
    """A request was not served; what follows here says why."""


class InvalidInputError(ServerError):
    """The request is wrong (400, 413, 415); ``field`` names the part of it."""


class UnauthorizedError(ServerError):
    """The token is missing or another one (401)."""


class ForbiddenError(ServerError):
    """The server may not look at that folder, or not for this caller (403)."""


class NotFoundError(ServerError):
    """There is no such document, workspace or job (404)."""


class ConflictError(ServerError):
    """It cannot be done in this state (409)."""


class BusyError(ServerError):
    """The server has too much to do (429, 503), and had it as often as was tried."""


class NotStartedError(ServerError):
    """A private server did not start (``NOT_STARTED``)."""


class UnreachableError(ServerError):
    """Nobody answers, or the connection broke (``UNREACHABLE``)."""


class ClientTimeoutError(ServerError):
    """There was no answer within the client's ``timeout`` (``TIMEOUT_CLIENT``)."""


class NotContextLiteError(ServerError):
    """Something answers that is not a ContextLite of a version that is known (``NOT_JSON``)."""


class ClosedError(ContextLiteError):
    """The client was closed (``CLOSED``)."""


_KINDS: dict[int, type[ServerError]] = {
    400: InvalidInputError,
    401: UnauthorizedError,
    403: ForbiddenError,
    404: NotFoundError,
    409: ConflictError,
    413: InvalidInputError,
    415: InvalidInputError,
    422: InvalidInputError,
    429: BusyError,
    503: BusyError,
}


def of_answer(
    status: int,
    message: str,
    code: str,
    field: Optional[str] = None,
    retry_after_s: Optional[float] = None,
) -> ServerError:
    """The error that a refusal of the server becomes."""
    kind = _KINDS.get(status, ServerError)
    return kind(message, code=code, field=field, status=status, retry_after_s=retry_after_s)
