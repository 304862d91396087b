"""The client under the names of the packages that were published before.

Arguments, methods, errors and answers (dictionaries) are theirs, so that programs written for them
run on; new ones do better with :class:`contextlite.Client`.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import Any, Dict, Iterator, Optional

from . import _calls, _exchange
from ._calls import PathLike
from ._client import Client
from ._errors import ContextLiteError, ServerError
from ._sync import Connections

#: The seconds to find out whether a server runs.
_LOOK_MAX_S = 2.0


class ContextLiteClient:
    """A client of the server on ``host`` and ``port``, or of a private one if none runs there.

    Args:
        host: Where a server may run.
        port: The port that it has then.
        auto_start: Start a private server, on a free port, if none runs there.
        database_path: The file of the documents of a private server.
        timeout: The most seconds for one answer.
        token: The token of the running server.
        binary: The program of a private server, if not the installed one.
    """

    def __init__(
        self,
        host: str = "localhost",
        port: int = 8080,
        auto_start: bool = True,
        database_path: Optional[PathLike] = None,
        timeout: float = 30.0,
        *,
        token: Optional[str] = None,
        binary: Optional[PathLike] = None,
    ) -> None:
        self.host = host
        self.port = port
        self.auto_start = auto_start
        self.database_path = database_path
        self.timeout = timeout
        self.base_url: str = f"http://{host}:{port}"
        self._token = token
        self._binary = binary
        self._client: Optional[Client] = None
        if auto_start:
            self.ensure_server_running()

    def __enter__(self) -> "ContextLiteClient":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Ends the private server, if there is one; a later call starts another."""
        client, self._client = self._client, None
        if client is not None:
            client.close()

    def ensure_server_running(self) -> bool:
        """Whether a server answers now; with ``auto_start`` one is started.

        Raises:
            BinaryNotFoundError: There is no program to start.
            ServerError: It does not start.
        """
        if self._client is not None and self._client.server is not None:
            if self._client.server.is_running:
                return True
            self.close()
        if self._client is not None:
            return True
        if self.is_server_running():
            self._client = Client(self.base_url, token=self._token, timeout=self.timeout)
            return True
        if not self.auto_start:
            return False
        client = Client(database=self.database_path, binary=self._binary, timeout=self.timeout)
        self.base_url = client.url
        self._client = client
        return True

    def is_server_running(self) -> bool:
        """Whether a ContextLite server answers at ``base_url``."""
        if self._client is not None and self._client.server is not None:
            return self._client.server.is_running
        connections = Connections(self.base_url, _LOOK_MAX_S)
        looking = _exchange.request("GET", "/livez")
        try:
            _exchange.read(connections.send(looking, _exchange.headers(looking, self._token, None)))
            return True
        except ContextLiteError:
            return False
        finally:
            connections.close()

    def add_document(
        self,
        content: str,
        document_id: Optional[str] = None,
        metadata: Optional[Dict[str, Any]] = None,
    ) -> Dict[str, Any]:
        """Keeps a document; without an id one is made."""
        body: Dict[str, Any] = {"content": content}
        if document_id:
            body["id"] = document_id
        if metadata:
            body["metadata"] = metadata
        return self._ask("POST", "/documents", body=body, is_repeatable=bool(document_id))

    def query(
        self,
        query: str,
        max_results: Optional[int] = None,
        min_score: Optional[float] = None,
    ) -> Dict[str, Any]:
        """The best documents: ``documents``, ``totalResults``, ``queryTime`` in milliseconds."""
        asked = {"q": query, "max_results": max_results, "min_score": min_score}
        return self._ask("GET", "/query", query=asked)

    def get_document(self, document_id: str) -> Dict[str, Any]:
        """A document by its id."""
        return self._ask("GET", f"/documents/{_calls._part(document_id)}")

    def delete_document(self, document_id: str) -> Dict[str, Any]:
        """Deletes a document by its id."""
        return self._ask("DELETE", f"/documents/{_calls._part(document_id)}")

    def get_stats(self) -> Dict[str, Any]:
        """The counters of the server."""
        return self._ask("GET", "/stats")

    def _ask(self, method: str, path: str, **parts: Any) -> Dict[str, Any]:
        if not self.ensure_server_running() or self._client is None:
            raise ServerError(f"no server runs at {self.base_url}", code="UNREACHABLE")
        answer: Dict[str, Any] = self._client._run(
            _exchange.Call(_exchange.request(method, path, **parts), lambda value: value)
        )
        return answer


@contextmanager
def contextlite_client(*args: Any, **kwargs: Any) -> Iterator[ContextLiteClient]:
    """A :class:`ContextLiteClient` for a ``with`` block."""
    client = ContextLiteClient(*args, **kwargs)
    try:
        yield client
    finally:
        client.close()
