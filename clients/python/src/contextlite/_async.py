"""The same for asyncio: requests over connections that are kept, without a thread.

HTTP/1.1 as RFC 9112 has it, as far as a client of one server needs it: a head of bounded size, and
a body of a stated length, in chunks, or until the connection ends.
"""

from __future__ import annotations

import asyncio
import ssl
import time
from typing import Dict, List, Mapping, Tuple

from . import _exchange
from ._exchange import Address, Reply, Request
from ._sync import IDLE_MAX, IDLE_MAX_S

#: The most header lines of a reply.
_HEADERS_MAX = 100

_Streams = Tuple[asyncio.StreamReader, asyncio.StreamWriter]


class AsyncConnections:
    """The connections to one server, all of one event loop."""

    def __init__(self, url: str, timeout_s: float) -> None:
        self._url = url
        self._address = Address.of(url)
        self._timeout_s = timeout_s
        self._idle: List[Tuple[float, _Streams]] = []
        self._is_closed = False

    async def send(self, request: Request, headers: Mapping[str, str]) -> Reply:
        """Makes a request once.

        Raises:
            UnreachableError: Nobody answers, or the connection broke.
            ClientTimeoutError: The answer did not come in time.
        """
        try:
            return await asyncio.wait_for(self._send(request, headers), self._timeout_s)
        except (asyncio.TimeoutError, TimeoutError) as error:
            raise _exchange.late(self._url, self._timeout_s) from error

    async def close(self) -> None:
        """Closes all that are idle; what is in use closes when it is done."""
        self._is_closed = True
        idle, self._idle = self._idle, []
        for _, (_, writer) in idle:
            await _closed(writer)

    async def _send(self, request: Request, headers: Mapping[str, str]) -> Reply:
        streams = await self._taken()
        reader, writer = streams
        try:
            writer.write(self._head(request, headers) + (request.body or b""))
            await writer.drain()
            reply, is_kept = await _read(reader)
        except (OSError, EOFError, ValueError, asyncio.LimitOverrunError) as error:
            writer.close()
            raise _exchange.unreachable(self._url, error, is_sent=True) from error
        except BaseException:
            writer.close()
            raise
        if is_kept and not self._is_closed and len(self._idle) < IDLE_MAX:
            self._idle.append((time.monotonic(), streams))
        else:
            await _closed(writer)
        return reply

    async def _taken(self) -> _Streams:
        while self._idle:
            since, streams = self._idle.pop()
            if time.monotonic() - since < IDLE_MAX_S and not streams[0].at_eof():
                return streams
            await _closed(streams[1])
        context = ssl.create_default_context() if self._address.is_tls else None
        try:
            return await asyncio.open_connection(
                self._address.host, self._address.port, ssl=context
            )
        except OSError as error:
            raise _exchange.unreachable(self._url, error, is_sent=False) from error

    def _head(self, request: Request, headers: Mapping[str, str]) -> bytes:
        lines = [f"{request.method} {self._address.prefix}{request.path} HTTP/1.1"]
        lines.append(f"Host: {self._address.host_header}")
        lines += [f"{name}: {value}" for name, value in headers.items()]
        if request.body is not None or request.method in ("POST", "PUT"):
            lines.append(f"Content-Length: {len(request.body or b'')}")
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


async def _closed(writer: asyncio.StreamWriter) -> None:
    writer.close()
    try:
        await writer.wait_closed()
    except OSError:
        pass


async def _read(reader: asyncio.StreamReader) -> Tuple[Reply, bool]:
    """A reply, and whether the connection may be used again."""
    while True:
        version, status = await _status(reader)
        headers = await _headers(reader)
        if 200 <= status:
            break
    connection = headers.get("connection", "").lower()
    is_kept = version == "HTTP/1.1" and connection != "close"
    if "chunked" in headers.get("transfer-encoding", "").lower():
        body = await _chunks(reader)
    elif "content-length" in headers:
        body = await reader.readexactly(int(headers["content-length"]))
    elif status in (204, 304):
        body = b""
    else:
        body = await reader.read()
        is_kept = False
    return Reply(status, headers, body), is_kept


async def _line(reader: asyncio.StreamReader) -> str:
    return (await reader.readuntil(b"\n")).decode("latin-1").rstrip("\r\n")


async def _status(reader: asyncio.StreamReader) -> Tuple[str, int]:
    parts = (await _line(reader)).split(" ", 2)
    if len(parts) < 2 or not parts[0].startswith("HTTP/1."):
        raise ValueError("it does not speak HTTP/1.1")
    return parts[0], int(parts[1])


async def _headers(reader: asyncio.StreamReader) -> Dict[str, str]:
    headers: Dict[str, str] = {}
    for _ in range(_HEADERS_MAX):
        line = await _line(reader)
        if not line:
            return headers
        name, _, value = line.partition(":")
        headers[name.strip().lower()] = value.strip()
    raise ValueError("its reply has too many headers")


async def _chunks(reader: asyncio.StreamReader) -> bytes:
    body = bytearray()
    while True:
        size = int((await _line(reader)).partition(";")[0], 16)
        if size == 0:
            await _headers(reader)
            return bytes(body)
        body += await reader.readexactly(size)
        await reader.readuntil(b"\n")
