"""The client for asyncio: the same calls, each to be awaited."""

from __future__ import annotations

import asyncio
from typing import (
    TYPE_CHECKING,
    Any,
    AsyncIterator,
    Callable,
    Iterable,
    List,
    Mapping,
    Optional,
    Sequence,
    Tuple,
    TypeVar,
    Union,
)

from . import _calls, _exchange, _models
from ._async import AsyncConnections
from ._calls import BUDGET_TOKENS, NewDocument, PathLike
from ._client import _POLL_FIRST_S, _POLL_MAX_S, _check, _documents
from ._errors import ClosedError, ContextLiteError
from ._exchange import TIMEOUT_S
from ._server import Server

if TYPE_CHECKING:
    from typing_extensions import Unpack

T = TypeVar("T")


class AsyncClient:
    """Asks a ContextLite server from an event loop; see :class:`contextlite.Client`.

    ::

        async with AsyncClient(roots=["."]) as client:
            answer = await client.assemble("how are retries done", max_tokens=4000)
            print(answer.context)

    Nothing blocks the loop, and any number of its tasks may use one client. A task that is
    cancelled drops its connection. The arguments are those of :class:`contextlite.Client`.
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
        self._starting: Optional["asyncio.Task[Server]"] = None
        self._server: Optional[Server] = None
        self._connections: Optional[AsyncConnections] = None
        self._is_closed = False

    @property
    def server(self) -> Optional[Server]:
        """The private server, if one was started."""
        return self._server

    @property
    def url(self) -> Optional[str]:
        """The address of the server; none before a private one was started."""
        return self._url

    async def __aenter__(self) -> "AsyncClient":
        await self._connected()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Closes all connections and ends the private server; doing so again does nothing."""
        self._is_closed = True
        connections, self._connections = self._connections, None
        if connections is not None:
            await connections.close()
        if self._starting is not None:
            try:
                self._server = await self._starting
            except ContextLiteError:
                pass
        if self._server is not None:
            await asyncio.to_thread(self._server.stop)

    async def _connected(self) -> AsyncConnections:
        if self._is_closed:
            raise ClosedError("the client was closed", code="CLOSED")
        if self._url is None:
            if self._starting is None or _is_failed(self._starting):
                self._starting = asyncio.ensure_future(asyncio.to_thread(self._start))
            # Shielded: a task that is cancelled must not take the server from the others.
            server = await asyncio.shield(self._starting)
            self._server = server
            self._url, self._token = server.url, server.token
        if self._connections is None:
            self._connections = AsyncConnections(self._url, self.timeout)
        return self._connections

    async def _run(self, call: _exchange.Call[T]) -> T:
        connections = await self._connected()
        headers = _exchange.headers(call.request, self._token, self.space)
        attempts = _exchange.Attempts(call.request)
        while True:
            try:
                value = _exchange.read(await connections.send(call.request, headers))
                break
            except ContextLiteError as failure:
                wait = attempts.wait_s(failure)
                if wait is None:
                    raise
            await asyncio.sleep(wait)
        return call.decode(value)

    async def assemble(
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
        return await self._run(_calls.assemble(query, max_tokens, options, space))

    async def compare(
        self,
        query: str,
        *,
        max_tokens: int = BUDGET_TOKENS,
        space: Optional[str] = None,
        **options: Unpack[_calls.AskOptions],
    ) -> _models.Context:
        """The same answer with other ways to choose beside it, in ``comparison``."""
        return await self._run(_calls.compare(query, max_tokens, options, space))

    async def search(
        self,
        query: str,
        limit: Optional[int] = None,
        *,
        offset: Optional[int] = None,
        workspace_path: Optional[PathLike] = None,
        space: Optional[str] = None,
    ) -> _models.SearchResult:
        """Documents, best first, each with its best passage; 20 if ``limit`` is not given."""
        return await self._run(_calls.search(query, limit, offset, workspace_path, space))

    async def rank(
        self,
        query: str,
        k: Optional[int] = None,
        *,
        max_tokens: Optional[int] = None,
        workspace_path: Optional[PathLike] = None,
        space: Optional[str] = None,
    ) -> _models.Ranking:
        """Ranked places, as editors count them."""
        return await self._run(_calls.rank(query, k, max_tokens, workspace_path, space))

    async def snippet(
        self,
        file: str,
        start_line: int = 1,
        end_line: Optional[int] = None,
        *,
        workspace_path: Optional[PathLike] = None,
        space: Optional[str] = None,
    ) -> _models.Snippet:
        """Lines of a document, both included; to its end if ``end_line`` is not given."""
        return await self._run(_calls.snippet(file, start_line, end_line, workspace_path, space))

    async def add_document(
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
        return await self._run(
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

    async def add_documents(
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
            parts.append((start, await self._run(_calls.add_documents(batch, space))))
        return _calls.joined(parts)

    async def get_document(
        self,
        document_id: str,
        *,
        space: Optional[str] = None,
    ) -> _models.Document:
        """A document by its id, or a file of a workspace by its path.

        Raises:
            NotFoundError: There is none.
        """
        return await self._run(_calls.get_document(document_id, space))

    async def list_documents(
        self,
        limit: Optional[int] = None,
        offset: Optional[int] = None,
        *,
        space: Optional[str] = None,
    ) -> _models.DocumentList:
        """A part of the documents that are not files, by id, without content; 100 by default."""
        return await self._run(_calls.list_documents(limit, offset, space))

    async def documents(self, *, space: Optional[str] = None) -> AsyncIterator[_models.Document]:
        """All documents that are not files, by id, without content."""
        offset = 0
        while True:
            page = await self.list_documents(offset=offset, space=space)
            for document in page.documents:
                yield document
            offset += len(page.documents)
            if not page.documents or page.total <= offset:
                return

    async def delete_document(
        self,
        document_id: str,
        *,
        space: Optional[str] = None,
    ) -> _models.Deleted:
        """Deletes a document that is no file.

        Raises:
            NotFoundError: There is none.
        """
        return await self._run(_calls.delete_document(document_id, space))

    async def clear_documents(
        self,
        *,
        space: Optional[str] = None,
    ) -> _models.Deleted:
        """Deletes all documents of a space that are not files."""
        return await self._run(_calls.clear_documents(space))

    async def index_workspace(
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
        job = await self._run(call)
        while True:
            if progress is not None:
                progress(job)
            if job.state != "running":
                return job
            await asyncio.sleep(wait)
            wait = min(2 * wait, _POLL_MAX_S)
            job = await self.job(job.job)

    async def job(
        self,
        job: int,
    ) -> _models.IndexJob:
        """How far an index run is.

        Raises:
            ServerError: It failed (``NOT_INDEXED``).
        """
        return await self._run(_calls.job(job))

    async def workspaces(self) -> _models.Workspaces:
        """What is indexed."""
        return await self._run(_calls.workspaces())

    async def workspace(
        self,
        workspace: str,
    ) -> _models.WorkspaceStatus:
        """What is indexed of the workspace with this id, and how fresh it is."""
        return await self._run(_calls.workspace(workspace))

    async def forget_workspace(
        self,
        workspace: str,
    ) -> _models.Forgotten:
        """Deletes the index of the workspace with this id; its files are not touched."""
        return await self._run(_calls.forget_workspace(workspace))

    async def feedback(
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
        return await self._run(_calls.feedback(query, accepted, rejected, workspace_path, space))

    async def weights(
        self,
        *,
        workspace_path: Optional[PathLike] = None,
        space: Optional[str] = None,
    ) -> _models.Learned:
        """The weights of the features, and what was learned."""
        return await self._run(_calls.learned("", workspace_path, space))

    async def undo_feedback(
        self,
        *,
        workspace_path: Optional[PathLike] = None,
        space: Optional[str] = None,
    ) -> _models.Learned:
        """Undoes the newest judgement exactly.

        Raises:
            ConflictError: There is none.
        """
        return await self._run(_calls.learned("/undo", workspace_path, space))

    async def reset_feedback(
        self,
        *,
        workspace_path: Optional[PathLike] = None,
        space: Optional[str] = None,
    ) -> _models.Learned:
        """Forgets all judgements; answers are again what they were before."""
        return await self._run(_calls.learned("/reset", workspace_path, space))

    async def health(self) -> _models.Health:
        """How the server is."""
        return await self._run(_calls.health())

    async def stats(self) -> _models.Stats:
        """The counters of the server."""
        return await self._run(_calls.stats())

    async def storage(self) -> _models.Storage:
        """What the stores hold, measured."""
        return await self._run(_calls.storage())

    async def cache_stats(self) -> _models.CacheStats:
        """The answers that are kept in memory."""
        return await self._run(_calls.cache_stats())

    async def clear_cache(self) -> _models.Invalidated:
        """Drops the answers that are kept; they are never stale, so this only frees memory."""
        return await self._run(_calls.clear_cache())

    async def solver_stats(self) -> _models.SolverStats:
        """What the solver did."""
        return await self._run(_calls.solver_stats())


def _is_failed(task: "asyncio.Task[Server]") -> bool:
    return task.done() and (task.cancelled() or task.exception() is not None)
