"""Requests and replies, and when a request is made again; without any I/O.

A request is made again only where that cannot do a thing twice: the server said that it did not
begin, or the request only reads or says by id what there shall be.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, Callable, Dict, Generic, Mapping, Optional, TypeVar
from urllib.parse import urlencode, urlsplit

from . import _errors
from ._errors import ContextLiteError, NotContextLiteError, UnreachableError

T = TypeVar("T")

#: The seconds for one answer where the caller does not say: more than the server's own 60, which
#: says that the work goes on, so that a long first index run is waited for by asking again.
TIMEOUT_S = 75.0
#: How often a request is made at most.
ATTEMPTS_MAX = 4
#: The wait before the second attempt where the server names none; it doubles each time.
_BACKOFF_S = 0.1
#: A longer wait is not worth it: the caller is told instead.
_WAIT_MAX_S = 5.0
#: The codes of a server that did not begin.
_NOT_BEGUN = frozenset({"TOO_MANY_REQUESTS", "QUEUE_FULL", "BUSY", "NOT_READY"})
#: The characters of an answer of something else that a message shows.
_SHOWN_MAX = 80


@dataclass(frozen=True)
class Request:
    """One request: a path with its query, encoded, and a body of JSON."""

    method: str
    path: str
    body: Optional[bytes] = None
    space: Optional[str] = None
    is_repeatable: bool = False


@dataclass(frozen=True)
class Reply:
    """One reply; header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Call(Generic[T]):
    """A request and what becomes of the JSON that answers it."""

    request: Request
    decode: Callable[[Any], T]


@dataclass
class Attempts:
    """The attempts that were made of one request."""

    request: Request
    made: int = field(default=0)

    def wait_s(self, failure: ContextLiteError) -> Optional[float]:
        """The seconds until the next attempt; none if there is to be none."""
        self.made += 1
        if ATTEMPTS_MAX <= self.made or not self._may_repeat(failure):
            return None
        backoff = _BACKOFF_S * 2 ** (self.made - 1)
        wait = backoff if failure.retry_after_s is None else failure.retry_after_s
        return wait if wait <= _WAIT_MAX_S else None

    def _may_repeat(self, failure: ContextLiteError) -> bool:
        if isinstance(failure, NotSentError) or failure.code in _NOT_BEGUN:
            return True
        is_passing = isinstance(failure, UnreachableError) or failure.status == 503
        return self.request.is_repeatable and is_passing


class NotSentError(UnreachableError):
    """Nobody answers, and nothing was sent."""


def unreachable(url: str, cause: BaseException, *, is_sent: bool) -> UnreachableError:
    """The error of a connection that is not there or broke."""
    kind = UnreachableError if is_sent else NotSentError
    what = "the connection broke" if is_sent else "nobody answers"
    message = f"{what} at {url}: {cause or type(cause).__name__}"
    return kind(message, code="UNREACHABLE")


def late(url: str, timeout_s: float) -> _errors.ClientTimeoutError:
    """The error of an answer that did not come in time."""
    message = f"no answer from {url} within {timeout_s:g} s"
    return _errors.ClientTimeoutError(message, code="TIMEOUT_CLIENT")


def request(
    method: str,
    path: str,
    *,
    query: Optional[Mapping[str, Any]] = None,
    body: Any = None,
    space: Optional[str] = None,
    is_repeatable: Optional[bool] = None,
) -> Request:
    """Makes a request; what is None in ``query`` is left out.

    Raises:
        ValueError: ``space`` cannot stand in a header.
        TypeError: ``body`` is not JSON.
    """
    given = {name: value for name, value in (query or {}).items() if value is not None}
    if given:
        path += "?" + urlencode(given)
    if space is not None and not (space.isascii() and space.isprintable() and space.strip()):
        raise ValueError(f"space must be printable ASCII: {space!r}")
    encoded = None
    if body is not None:
        encoded = json.dumps(body, ensure_ascii=False, allow_nan=False).encode("utf-8")
    if is_repeatable is None:
        is_repeatable = method in ("GET", "PUT")
    return Request(method, path, encoded, space, is_repeatable)


def headers(made: Request, token: Optional[str], space: Optional[str]) -> Dict[str, str]:
    """The headers of a request of a client with this token and this space."""
    found = {"Accept": "application/json", "User-Agent": "contextlite-python"}
    if made.body is not None:
        found["Content-Type"] = "application/json"
    if token:
        found["Authorization"] = f"Bearer {token}"
    named = made.space or space
    if named:
        found["X-Workspace-ID"] = named
    return found


def read(reply: Reply) -> Any:
    """The JSON of a reply.

    Raises:
        ServerError: The server refused; or what answers is no ContextLite.
    """
    try:
        value = json.loads(reply.body)
    except ValueError:
        value = None
    if 200 <= reply.status < 300 and value is not None:
        return value
    if 400 <= reply.status and isinstance(value, dict) and isinstance(value.get("code"), str):
        message = str(value.get("error", value["code"]))
        field_name = value.get("field")
        raise _errors.of_answer(
            reply.status,
            message,
            value["code"],
            field_name if isinstance(field_name, str) else None,
            _seconds(reply.headers.get("retry-after")),
        )
    shown = reply.body[:_SHOWN_MAX].decode("utf-8", "replace")
    message = f"what answers is no ContextLite: {reply.status} {shown!r}"
    raise NotContextLiteError(message, code="NOT_JSON", status=reply.status)


def _seconds(text: Optional[str]) -> Optional[float]:
    try:
        seconds = float(text or "")
    except ValueError:
        return None
    return seconds if 0 <= seconds < float("inf") else None


@dataclass(frozen=True)
class Address:
    """Where a server is."""

    host: str
    port: int
    is_tls: bool
    prefix: str

    @classmethod
    def of(cls, url: str) -> "Address":
        """Takes an address apart.

        Raises:
            ValueError: It is not ``http://HOST[:PORT][/PREFIX]`` or the same with https.
        """
        parts = urlsplit(url)
        is_plain = not (parts.query or parts.fragment or parts.username)
        if parts.scheme not in ("http", "https") or not parts.hostname or not is_plain:
            raise ValueError(f"url must be http://HOST:PORT or https://HOST:PORT, not {url!r}")
        is_tls = parts.scheme == "https"
        port = parts.port if parts.port is not None else (443 if is_tls else 80)
        return cls(parts.hostname, port, is_tls, parts.path.rstrip("/"))

    @property
    def host_header(self) -> str:
        """The value of ``Host``."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == (443 if self.is_tls else 80) else f"{host}:{self.port}"
