"""Requests over HTTP connections that are kept and used again, for any number of threads."""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
import time
import weakref
from typing import List, Mapping, Tuple

from . import _exchange
from ._exchange import Address, Reply, Request

#: The idle connections that are kept.
IDLE_MAX = 8
#: A connection that was idle longer is not used again: the server closes it after 75 s.
IDLE_MAX_S = 30.0


class Connections:
    """The connections to one server."""

    def __init__(self, url: str, timeout_s: float) -> None:
        self._url = url
        self._address = Address.of(url)
        self._timeout_s = timeout_s
        self._lock = threading.Lock()
        self._idle: List[Tuple[float, http.client.HTTPConnection]] = []
        self._is_closed = False
        # A client that is dropped without being closed leaves no connection either.
        weakref.finalize(self, _close, self._idle)

    def send(self, request: Request, headers: Mapping[str, str]) -> Reply:
        """Makes a request once.

        Raises:
            UnreachableError: Nobody answers, or the connection broke.
            ClientTimeoutError: The answer did not come in time.
        """
        connection, is_kept = self._taken()
        is_sent = False
        try:
            if not is_kept:
                connection.connect()
            is_sent = True
            path = self._address.prefix + request.path
            connection.request(request.method, path, body=request.body, headers=dict(headers))
            response = connection.getresponse()
            body = response.read()
            reply = Reply(response.status, _lower(response.getheaders()), body)
        except socket.timeout as error:  # TimeoutError, from Python 3.10 on
            connection.close()
            raise _exchange.late(self._url, self._timeout_s) from error
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            raise _exchange.unreachable(self._url, error, is_sent=is_sent) from error
        except BaseException:
            connection.close()
            raise
        if response.will_close:
            connection.close()
        else:
            self._keep(connection)
        return reply

    def close(self) -> None:
        """Closes all that are idle; what is in use closes when it is done."""
        with self._lock:
            self._is_closed = True
            _close(self._idle)

    def _taken(self) -> Tuple[http.client.HTTPConnection, bool]:
        """A connection, and whether it was used before."""
        stale = []
        found = None
        with self._lock:
            while self._idle and found is None:
                since, connection = self._idle.pop()
                if time.monotonic() - since < IDLE_MAX_S:
                    found = connection
                else:
                    stale.append(connection)
        for connection in stale:
            connection.close()
        if found is not None:
            return found, True
        address, timeout = self._address, self._timeout_s
        if address.is_tls:
            context = ssl.create_default_context()
            return (
                http.client.HTTPSConnection(
                    address.host, address.port, timeout=timeout, context=context
                ),
                False,
            )
        return http.client.HTTPConnection(address.host, address.port, timeout=timeout), False

    def _keep(self, connection: http.client.HTTPConnection) -> None:
        with self._lock:
            if not self._is_closed and len(self._idle) < IDLE_MAX:
                self._idle.append((time.monotonic(), connection))
                return
        connection.close()


def _close(idle: List[Tuple[float, http.client.HTTPConnection]]) -> None:
    while idle:
        idle.pop()[1].close()


def _lower(headers: List[Tuple[str, str]]) -> Mapping[str, str]:
    return {name.lower(): value for name, value in headers}
