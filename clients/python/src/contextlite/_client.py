"""The client for programs that wait for an answer."""

from __future__ import annotations

import threading
import time
from typing import (
    TYPE_CHECKING,
    Any,
    Callable,
    Iterable,
    Iterator,
    List,
    Mapping,
    Optional,
    Sequence,
    Tuple,
    TypeVar,
    Union,
)

from . import _calls, _exchange, _models
from ._calls import BUDGET_TOKENS, NewDocument, PathLike
from ._errors import ClosedError, ContextLiteError
from ._exchange import TIMEOUT_S
from ._server import Server
from ._sync import Connections

if TYPE_CHECKING:
    from typing_extensions import Unpack

T = TypeVar("T")

#: The seconds between two looks at an index run: the first, and the longest.
_POLL_FIRST_S = 0.05
_POLL_MAX_S = 0.5


class Client:
    """Asks a ContextLite server: one that it starts for itself, or one that runs.

    ::

        with Client(roots=["."]) as client:
            answer = client.assemble("how are retries done", max_tokens=4000)
            print(answer.context)

    Without ``url`` a private server is started at the first request, on a free port of this machine
    and with a token of its own; it ends with :meth:`close`, with the ``with`` block, with the
    client's last reference, and with this process however that ends. Any number of threads may use
    one client.

    Args:
        url: The address of a running server, such as ``http://127.0.0.1:8080``.
        token: The token of that server.
        space: Whose documents are meant if a call does not say: a name, or a workspace's id.
        timeout: The most seconds for one answer.
        roots: The folders that a private server is asked about; with none, questions are about
            stored documents, and about folders below the home folder that a call names.
        database: The file for documents and indexes of a private server.
        binary: The program of a private server, if not the installed one.
        environment: Variables for a private server beside those of this process.
    """

    def __init__(
        self,
        url: Optional[str] = None,
        *,
        token: Optional[str] = None,
        space: Optional[str] = None,
        timeout: float = TIMEOUT_S,
        roots: Sequence[PathLike] = (),
        database: Optional[PathLike] = None,
        binary: Optional[PathLike] = None,
        environment: Optional[Mapping[str, str]] = None,
    ) -> None:
        _check(url, token, timeout, roots, database)
        self.space = space
        self.timeout = timeout
        self._url = url
        self._token = token
        self._start: Callable[[], Server] = lambda: Server(
            roots=roots, database=database, binary=binary, environment=environment
        )
        self._lock = threading.Lock()
        self._server: Optional[Server] = None
        self._connections: Optional[Connections] = None
        self._is_closed = False

    @property
    def server(self) -> Optional[Server]:
        """The private server, if one was started."""
        return self._server

    @property
    def url(self) -> str:
        """The address of the server, which is started if need be."""
        self._connected()
        assert self._url is not None
        return self._url

    def __enter__(self) -> "Client":
        self._connected()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Closes all connections and ends the private server; doing so again does nothing."""
        with self._lock:
            self._is_closed = True
            connections, self._connections = self._connections, None
            server = self._server
        if connections is not None:
            connections.close()
        if server is not None:
            server.stop()

    def _connected(self) -> Connections:
        with self._lock:
            if self._is_closed:
                raise ClosedError("the client was closed", code="CLOSED")
            if self._connections is None:
                if self._url is None:
                    self._server = self._start()
                    self._url, self._token = self._server.url, self._server.token
                self._connections = Connections(self._url, self.timeout)
            return self._connections

    def _run(self, call: _exchange.Call[T]) -> T:
        connections = self._connected()
        headers = _exchange.headers(call.request, self._token, self.space)
        attempts = _exchange.Attempts(call.request)
        while True:
            try:
                value = _exchange.read(connections.send(call.request, headers))
                break
            except ContextLiteError as failure:
                wait = attempts.wait_s(failure)
                if wait is None:
                    raise
            time.sleep(wait)
        return call.decode(value)

    def assemble(
        self,
        query: str,
        *,
        max_tokens: int = BUDGET_TOKENS,
        space: Optional[str] = None,
        **options: Unpack[_calls.AskOptions],
    ) -> _models.Context:
        """The passages to read for a question, within ``max_tokens`` tokens.

        The index of the folders that are asked is brought up to date before. The text for a model
        is ``context`` of the answer. Further options are those of :class:`AskOptions`.

        Raises:
            InvalidInputError: ``field`` of the request is wrong.
        """
        return self._run(_calls.assemble(query, max_tokens, options, space))

    def compare(
        self,
        query: str,
        *,
        max_tokens: int = BUDGET_TOKENS,
        space: Optional[str] = None,
        **options: Unpack[_calls.AskOptions],
    ) -> _models.Context:
        """The same answer with other ways to choose beside it, in ``comparison``."""
        return self._run(_calls.compare(query, max_tokens, options, space))

    def search(
        self,
        query: str,
        limit: Optional[int] = None,
        *,
        offset: Optional[int] = None,
        workspace_path: Optional[PathLike] = None,
        space: Optional[str] = None,
    ) -> _models.SearchResult:
        """Documents, best first, each with its best passage; 20 if ``limit`` is not given."""
        return self._run(_calls.search(query, limit, offset, workspace_path, space))

    def rank(
        self,
        query: str,
        k: Optional[int] = None,
        *,
        max_tokens: Optional[int] = None,
        workspace_path: Optional[PathLike] = None,
        space: Optional[str] = None,
    ) -> _models.Ranking:
        """Ranked places, as editors count them."""
        return self._run(_calls.rank(query, k, max_tokens, workspace_path, space))

    def snippet(
        self,
        file: str,
        start_line: int = 1,
        end_line: Optional[int] = None,
        *,
        workspace_path: Optional[PathLike] = None,
        space: Optional[str] = None,
    ) -> _models.Snippet:
        """Lines of a document, both included; to its end if ``end_line`` is not given."""
        return self._run(_calls.snippet(file, start_line, end_line, workspace_path, space))

    def add_document(
        self,
        content: str,
        document_id: Optional[str] = None,
        metadata: Any = None,
        *,
        path: Optional[str] = None,
        language: Optional[str] = None,
        created_at: Union[str, int, None] = None,
        modified_time: Union[str, int, None] = None,
        space: Optional[str] = None,
    ) -> _models.KeptDocument:
        """Keeps a document that is no file; when it returns, it is on the disk and will be found.

        An equal id replaces; without one, the path or a new one is the id. ``metadata`` is any
        JSON. Times are RFC 3339 or Unix seconds.
        """
        return self._run(
            _calls.add_document(
                {
                    "content": content,
                    "id": document_id,
                    "path": path,
                    "language": language,
                    "metadata": metadata,
                    "created_at": created_at,
                    "modified_time": modified_time,
                },
                space,
            )
        )

    def add_documents(
        self,
        documents: Iterable[Union[NewDocument, Mapping[str, Any], str]],
        *,
        space: Optional[str] = None,
    ) -> _models.BulkResult:
        """Keeps many documents: mappings as :class:`NewDocument`, or texts.

        Long lists are sent in parts, each kept whole or, on a failure, not at all. A document that
        is wrong is passed over and listed in ``errors`` with its place.
        """
        parts: List[Tuple[int, _models.BulkResult]] = []
        for start, batch in _calls.batches(_documents(documents)):
            parts.append((start, self._run(_calls.add_documents(batch, space))))
        return _calls.joined(parts)

    def get_document(
        self,
        document_id: str,
        *,
        space: Optional[str] = None,
    ) -> _models.Document:
        """A document by its id, or a file of a workspace by its path.

        Raises:
            NotFoundError: There is none.
        """
        return self._run(_calls.get_document(document_id, space))

    def list_documents(
        self,
        limit: Optional[int] = None,
        offset: Optional[int] = None,
        *,
        space: Optional[str] = None,
    ) -> _models.DocumentList:
        """A part of the documents that are not files, by id, without content; 100 by default."""
        return self._run(_calls.list_documents(limit, offset, space))

    def documents(self, *, space: Optional[str] = None) -> Iterator[_models.Document]:
        """All documents that are not files, by id, without content."""
        offset = 0
        while True:
            page = self.list_documents(offset=offset, space=space)
            for document in page.documents:
                yield document
            offset += len(page.documents)
            if not page.documents or page.total <= offset:
                return

    def delete_document(
        self,
        document_id: str,
        *,
        space: Optional[str] = None,
    ) -> _models.Deleted:
        """Deletes a document that is no file.

        Raises:
            NotFoundError: There is none.
        """
        return self._run(_calls.delete_document(document_id, space))

    def clear_documents(
        self,
        *,
        space: Optional[str] = None,
    ) -> _models.Deleted:
        """Deletes all documents of a space that are not files."""
        return self._run(_calls.clear_documents(space))

    def index_workspace(
        self,
        path: PathLike,
        *,
        include_patterns: Optional[Sequence[str]] = None,
        exclude_patterns: Optional[Sequence[str]] = None,
        max_files: Optional[int] = None,
        progress: Optional[Callable[[_models.IndexJob], object]] = None,
    ) -> _models.IndexJob:
        """Brings the index of a folder up to date and waits for it.

        A question does so by itself; this is for doing it ahead and for watching it. ``progress``
        is called with the state of the run, at last with the done one.

        Raises:
            ForbiddenError: The server may not look there; start the client with it in ``roots``.
            ServerError: It could not be indexed (``NOT_INDEXED``).
        """
        call = _calls.index_workspace(path, include_patterns, exclude_patterns, max_files)
        wait = _POLL_FIRST_S
        job = self._run(call)
        while True:
            if progress is not None:
                progress(job)
            if job.state != "running":
                return job
            time.sleep(wait)
            wait = min(2 * wait, _POLL_MAX_S)
            job = self.job(job.job)

    def job(
        self,
        job: int,
    ) -> _models.IndexJob:
        """How far an index run is.

        Raises:
            ServerError: It failed (``NOT_INDEXED``).
        """
        return self._run(_calls.job(job))

    def workspaces(self) -> _models.Workspaces:
        """What is indexed."""
        return self._run(_calls.workspaces())

    def workspace(
        self,
        workspace: str,
    ) -> _models.WorkspaceStatus:
        """What is indexed of the workspace with this id, and how fresh it is."""
        return self._run(_calls.workspace(workspace))

    def forget_workspace(
        self,
        workspace: str,
    ) -> _models.Forgotten:
        """Deletes the index of the workspace with this id; its files are not touched."""
        return self._run(_calls.forget_workspace(workspace))

    def feedback(
        self,
        query: str,
        accepted: Iterable[str] = (),
        rejected: Iterable[str] = (),
        *,
        workspace_path: Optional[PathLike] = None,
        space: Optional[str] = None,
    ) -> _models.Learned:
        """Tells what was of use for a question and what was not: ids, paths, ``PATH:FIRST-LAST``.

        Weights and priors move within bounds, and the next answer follows.
        """
        return self._run(_calls.feedback(query, accepted, rejected, workspace_path, space))

    def weights(
        self,
        *,
        workspace_path: Optional[PathLike] = None,
        space: Optional[str] = None,
    ) -> _models.Learned:
        """The weights of the features, and what was learned."""
        return self._run(_calls.learned("", workspace_path, space))

    def undo_feedback(
        self,
        *,
        workspace_path: Optional[PathLike] = None,
        space: Optional[str] = None,
    ) -> _models.Learned:
        """Undoes the newest judgement exactly.

        Raises:
            ConflictError: There is none.
        """
        return self._run(_calls.learned("/undo", workspace_path, space))

    def reset_feedback(
        self,
        *,
        workspace_path: Optional[PathLike] = None,
        space: Optional[str] = None,
    ) -> _models.Learned:
        """Forgets all judgements; answers are again what they were before."""
        return self._run(_calls.learned("/reset", workspace_path, space))

    def health(self) -> _models.Health:
        """How the server is."""
        return self._run(_calls.health())

    def stats(self) -> _models.Stats:
        """The counters of the server."""
        return self._run(_calls.stats())

    def storage(self) -> _models.Storage:
        """What the stores hold, measured."""
        return self._run(_calls.storage())

    def cache_stats(self) -> _models.CacheStats:
        """The answers that are kept in memory."""
        return self._run(_calls.cache_stats())

    def clear_cache(self) -> _models.Invalidated:
        """Drops the answers that are kept; they are never stale, so this only frees memory."""
        return self._run(_calls.clear_cache())

    def solver_stats(self) -> _models.SolverStats:
        """What the solver did."""
        return self._run(_calls.solver_stats())


def _check(
    url: Optional[str],
    token: Optional[str],
    timeout: float,
    roots: Sequence[PathLike],
    database: Optional[PathLike],
) -> None:
    """Refuses arguments that contradict each other or cannot be."""
    if isinstance(roots, (str, bytes)):
        raise TypeError("roots is a list of folders, not one folder")
    if not timeout > 0:
        raise ValueError("timeout is a number of seconds above 0")
    if url is None:
        if token is not None:
            raise ValueError("token is that of a running server; give its url too")
        return
    _exchange.Address.of(url)
    if roots or database is not None:
        raise ValueError("roots and database are for a private server; leave out url")


def _documents(
    documents: Iterable[Union[NewDocument, Mapping[str, Any], str]],
) -> Iterator[NewDocument]:
    """Documents as they are sent.

    Raises:
        TypeError: One has no ``content``, or a key that is not known.
    """
    for place, document in enumerate(documents):
        if isinstance(document, str):
            yield {"content": document}
            continue
        unknown = [key for key in document if key not in NewDocument.__annotations__]
        if unknown or not isinstance(document.get("content"), str):
            what = f"has the unknown key {unknown[0]!r}" if unknown else "has no content"
            raise TypeError(f"document {place} {what}")
        yield document  # type: ignore[misc]
