"""Passages to read for a question, within a token budget: the client of ContextLite.

The package carries the program, so that nothing else is to be installed and nothing is downloaded::

    from contextlite import Client

    with Client(roots=["."]) as client:
        answer = client.assemble("how are retries done", max_tokens=4000)
        print(answer.context)

:class:`Client` waits for answers, :class:`AsyncClient` is for asyncio, and
:class:`ContextLiteClient` has the names of the packages that were published before. Adapters are in
``contextlite.langchain`` and ``contextlite.llamaindex``.
"""

from ._async_client import AsyncClient
from ._binary import find as find_binary
from ._binary import version as _version
from ._calls import AskOptions, NewDocument
from ._client import Client
from ._errors import (
    BinaryNotFoundError,
    BusyError,
    ClientTimeoutError,
    ClosedError,
    ConflictError,
    ContextLiteError,
    ForbiddenError,
    InvalidInputError,
    NotContextLiteError,
    NotFoundError,
    NotStartedError,
    ServerError,
    UnauthorizedError,
    UnreachableError,
)
from ._historic import ContextLiteClient, contextlite_client
from ._models import (
    BulkError,
    BulkResult,
    CacheStats,
    Comparison,
    Context,
    Count,
    Deleted,
    Document,
    DocumentList,
    Features,
    Forgotten,
    Freshness,
    Health,
    IndexJob,
    Invalidated,
    KeptDocument,
    Learned,
    LeftOut,
    Library,
    Passage,
    Position,
    Range,
    RankedItem,
    Ranking,
    SearchResult,
    Selection,
    Snippet,
    SolverStats,
    Stats,
    Storage,
    Symbol,
    Timings,
    Tokenizer,
    Workspace,
    Workspaces,
    WorkspaceStatus,
)
from ._server import Server

__version__ = _version()

__all__ = [
    "AskOptions",
    "AsyncClient",
    "BinaryNotFoundError",
    "BulkError",
    "BulkResult",
    "BusyError",
    "CacheStats",
    "Client",
    "ClientTimeoutError",
    "ClosedError",
    "Comparison",
    "ConflictError",
    "Context",
    "ContextLiteClient",
    "ContextLiteError",
    "Count",
    "Deleted",
    "Document",
    "DocumentList",
    "Features",
    "ForbiddenError",
    "Forgotten",
    "Freshness",
    "Health",
    "IndexJob",
    "InvalidInputError",
    "Invalidated",
    "KeptDocument",
    "Learned",
    "LeftOut",
    "Library",
    "NewDocument",
    "NotContextLiteError",
    "NotFoundError",
    "NotStartedError",
    "Passage",
    "Position",
    "Range",
    "RankedItem",
    "Ranking",
    "SearchResult",
    "Selection",
    "Server",
    "ServerError",
    "Snippet",
    "SolverStats",
    "Stats",
    "Storage",
    "Symbol",
    "Timings",
    "Tokenizer",
    "UnauthorizedError",
    "UnreachableError",
    "Workspace",
    "WorkspaceStatus",
    "Workspaces",
    "contextlite_client",
    "find_binary",
]
