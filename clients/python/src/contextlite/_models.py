"""The answers of the server as values.

Names and meanings are those of its API document (``docs/openapi.json``); lines are counted from 1
and a range includes its last. Fields that a later server adds are passed over.
"""

from __future__ import annotations

import dataclasses
import typing
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Dict, Optional, Tuple, Type, TypeVar

from ._errors import NotContextLiteError

T = TypeVar("T")


@dataclass(frozen=True)
class Features:
    """The seven features of a passage, each in [0, 1]."""

    relevance: float
    recency: float
    entanglement: float
    prior: float
    authority: float
    specificity: float
    uncertainty: float


@dataclass(frozen=True)
class Symbol:
    """A name that a passage defines."""

    name: str
    kind: str
    line: int


@dataclass(frozen=True)
class Passage:
    """A passage of an answer: lines of one document, cited and scored.

    ``root`` is the root of its workspace, and empty for a document that is not a file. ``tokens``
    are those of the passage as it stands in the answer's ``context``.
    """

    id: str
    path: str
    root: str
    content: str
    language: str
    start_line: int
    end_line: int
    score: float
    features: Features
    tokens: int
    inclusion_reason: str
    breadcrumb: str
    document_hash: str
    pinned: bool
    symbols: Tuple[Symbol, ...] = ()
    metadata: Any = None

    @property
    def citation(self) -> str:
        """``PATH:FIRST-LAST``, as ``contextlite show``, ``pin`` and feedback take it."""
        return f"{self.id}:{self.start_line}-{self.end_line}"


@dataclass(frozen=True)
class Tokenizer:
    """How tokens were counted, and whether that is exact for the model or an estimate."""

    name: str
    exact: bool


@dataclass(frozen=True)
class Timings:
    """How long the parts of an answer took, in milliseconds; from memory, most took none."""

    index_ms: float
    total_ms: float
    rank_ms: Optional[float] = None
    select_ms: Optional[float] = None
    render_ms: Optional[float] = None


@dataclass(frozen=True)
class Selection:
    """What is known of the choice.

    ``status`` is ``optimal``, ``gap`` (the choice may be the share ``gap`` below the best) or
    ``infeasible``; the best passage's worth is 1 in ``objective`` and ``upper_bound``.
    """

    solver_used: str
    status: str
    objective_style: str
    objective: float
    upper_bound: float
    gap: float
    coherence: float
    redundancy: float
    solve_time_ms: float
    k_candidates: int
    pairs_count: int
    constraint_count: int
    nodes: int
    budget_tokens: int
    digest: str
    max_docs: Optional[int] = None
    fallback_reason: Optional[str] = None


@dataclass(frozen=True)
class LeftOut:
    """A candidate that is not in the answer, and what keeps it out."""

    passage: str
    tokens: int
    score: float
    reason: str


@dataclass(frozen=True)
class Comparison:
    """Another way to choose under the same budget, and what it would have been worth."""

    method: str
    objective: float
    tokens: int
    passages: Tuple[str, ...]
    shared: int
    permitted: bool


@dataclass(frozen=True)
class Context:
    """The answer of a question.

    ``context`` is the text for a model, byte for byte what ``contextlite context`` writes;
    ``documents`` are its passages; ``smt_metrics`` is the proof in short.
    """

    query: str
    context: str
    documents: Tuple[Passage, ...]
    total_documents: int
    searched_documents: int
    total_tokens: int
    budget_tokens: int
    tokenizer: Tokenizer
    coherence_score: float
    cache_hit: bool
    cache_key_fingerprint: str
    timings: Timings
    smt_metrics: Selection
    left_out: Tuple[LeftOut, ...] = ()
    comparison: Tuple[Comparison, ...] = ()
    certificate: Optional[Dict[str, Any]] = None
    message: Optional[str] = None

    def __str__(self) -> str:
        return self.context


@dataclass(frozen=True)
class SearchResult:
    """Documents, best first, each with its best passage."""

    query: str
    documents: Tuple[Passage, ...]
    total: int
    took_ms: float


@dataclass(frozen=True)
class Position:
    """A place as editors count: line and character from 0."""

    line: int
    character: int = 0


@dataclass(frozen=True)
class Range:
    """From a position to another, which is not in it."""

    start: Position
    end: Position


@dataclass(frozen=True)
class RankedItem:
    """A ranked place."""

    file: str
    range: Range
    snippet: str
    score: float
    why: str


@dataclass(frozen=True)
class Ranking:
    """Ranked places, best first."""

    items: Tuple[RankedItem, ...]
    p99_ms: float
    took_ms: float


@dataclass(frozen=True)
class Snippet:
    """Lines of a document, and how many it has."""

    snippet: str
    file: str
    language: str
    lines: int


@dataclass(frozen=True)
class KeptDocument:
    """A document that was kept; ``replaced`` says whether it took another's place."""

    id: str
    success: bool
    replaced: bool


@dataclass(frozen=True)
class BulkError:
    """A document that was not kept: its place in the list, from 0, and why."""

    index: int
    error: str


@dataclass(frozen=True)
class BulkResult:
    """What became of several documents."""

    ids: Tuple[str, ...]
    added: int
    errors: Tuple[BulkError, ...]
    total: int


@dataclass(frozen=True)
class Document:
    """A document; in a list without ``content``, and for a file without times and tokens.

    Times are RFC 3339, tokens those of o200k, ``metadata`` any JSON as it was given.
    """

    id: str
    path: str
    language: str
    lines: int
    document_hash: str
    content: Optional[str] = None
    metadata: Any = None
    created_at: Optional[str] = None
    updated_at: Optional[str] = None
    tokens: Optional[int] = None


@dataclass(frozen=True)
class DocumentList:
    """A part of the documents of a space, by id."""

    documents: Tuple[Document, ...]
    total: int
    offset: int


@dataclass(frozen=True)
class Deleted:
    """How many documents were deleted."""

    success: bool
    deleted: int
    id: Optional[str] = None


@dataclass(frozen=True)
class IndexJob:
    """An index run; ``state`` is ``running``, ``done`` or ``failed``.

    While it runs, ``stage``, ``done`` and ``total`` say how far it is; ``total`` is 0 until that is
    known. The counts of files are there when it is done.
    """

    job: int
    root: str
    workspace: str
    state: str
    done: int
    total: int
    took_ms: float
    stage: Optional[str] = None
    error: Optional[str] = None
    scanned_files: Optional[int] = None
    indexed_files: Optional[int] = None
    unchanged_files: Optional[int] = None
    removed_files: Optional[int] = None
    skipped_files: Optional[int] = None
    documents: Optional[int] = None
    passages: Optional[int] = None


@dataclass(frozen=True)
class Workspace:
    """A folder that is indexed; without counts if it cannot be read, as ``problem`` says."""

    id: str
    root: str
    root_exists: bool
    is_default: bool
    documents: Optional[int] = None
    passages: Optional[int] = None
    indexed_s: Optional[int] = None
    problem: Optional[str] = None


@dataclass(frozen=True)
class Library:
    """A space of documents that are not files."""

    id: str
    documents: Optional[int] = None
    problem: Optional[str] = None


@dataclass(frozen=True)
class Workspaces:
    """Everything that is indexed."""

    workspaces: Tuple[Workspace, ...]
    total: int
    libraries: Tuple[Library, ...] = ()


@dataclass(frozen=True)
class Freshness:
    """How the files differ from what is indexed; the next question brings it up to date."""

    fresh: bool
    changed: int
    new: int
    deleted: int


@dataclass(frozen=True)
class Count:
    """How many of a sort."""

    name: str
    count: int


@dataclass(frozen=True)
class WorkspaceStatus:
    """What is indexed of a workspace, measured now."""

    root: str
    database: str
    documents: int
    passages: int
    text_bytes: int
    database_bytes: int
    index_bytes: int
    generation: int
    freshness: Freshness
    languages: Tuple[Count, ...] = ()
    skipped: Tuple[Count, ...] = ()
    head: Optional[str] = None
    indexed_s: Optional[int] = None


@dataclass(frozen=True)
class Forgotten:
    """A workspace whose index was deleted; its files were not touched."""

    id: str
    root: str
    forgotten: bool


@dataclass(frozen=True)
class Learned:
    """What one store has learned."""

    weights: Dict[str, float]
    defaults: Dict[str, float]
    updates: int
    undoable: int
    accepted: int
    rejected: int
    sources: Tuple[Any, ...] = ()


@dataclass(frozen=True)
class Stats:
    """The counters of the server; times are in milliseconds, ``uptime`` in seconds."""

    documents_count: int = dataclasses.field(metadata={"wire": "documentsCount"})
    queries_count: int = dataclasses.field(metadata={"wire": "queriesCount"})
    cache_hits: int = dataclasses.field(metadata={"wire": "cacheHits"})
    average_query_time: float = dataclasses.field(metadata={"wire": "averageQueryTime"})
    uptime: int


@dataclass(frozen=True)
class Storage:
    """What the stores of the default space hold, in bytes; ``last_update`` is in Unix seconds."""

    database_path: str
    size_bytes: int
    document_count: int
    total_documents: int
    passage_count: int
    text_bytes: int
    database_size: int
    index_size: int
    last_update: int
    generation: int


@dataclass(frozen=True)
class CacheStats:
    """The answers that are kept in memory."""

    hits: int
    misses: int
    hit_rate: float
    entries: int
    size_bytes: int
    max_bytes: int
    invalidations: int


@dataclass(frozen=True)
class Invalidated:
    """How many kept answers were dropped."""

    invalidated: int
    success: bool


@dataclass(frozen=True)
class SolverStats:
    """What the solver did since the server started."""

    solver: str
    solves: int
    optimal: int
    with_gap: int
    infeasible: int
    proven_share: float
    mean_gap: float
    nodes: int
    p50_ms: float
    p99_ms: float
    mean_ms: float


@dataclass(frozen=True)
class Health:
    """How the server is: ``healthy``, or ``degraded`` with the problems."""

    status: str
    version: str
    timestamp: int
    uptime_s: int
    database: Dict[str, Any]
    smt: Dict[str, Any]
    features: Dict[str, Any]
    problems: Tuple[str, ...] = ()


def decode(kind: Type[T], value: Any) -> T:
    """The value of a type of this module that JSON says.

    Raises:
        NotContextLiteError: A field is absent or of another kind.
    """
    decoded: T = _value(kind, value, kind.__name__)
    return decoded


def encode(value: Any) -> Any:
    """The JSON that a value of this module was decoded from, as far as it is known here."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = dataclasses.fields(value)
        return {_wire_name(field): encode(getattr(value, field.name)) for field in fields}
    if isinstance(value, (tuple, list)):
        return [encode(item) for item in value]
    if isinstance(value, dict):
        return {name: encode(item) for name, item in value.items()}
    return value


def _wire_name(field: "dataclasses.Field[Any]") -> str:
    name: str = field.metadata.get("wire", field.name)
    return name


@lru_cache(maxsize=None)
def _fields(kind: Type[Any]) -> Tuple[Tuple[str, str, Any, bool], ...]:
    """Name here, name in JSON, type and whether it must be there, of each field."""
    hints = typing.get_type_hints(kind)
    return tuple(
        (field.name, _wire_name(field), hints[field.name], field.default is dataclasses.MISSING)
        for field in dataclasses.fields(kind)
    )


def _value(hint: Any, value: Any, at: str) -> Any:
    if hint is Any:
        return value
    if dataclasses.is_dataclass(hint):
        if not isinstance(value, dict):
            raise _unknown(at)
        found = {}
        for name, wire, inner, is_needed in _fields(hint):  # type: ignore[arg-type]
            if value.get(wire) is not None:
                found[name] = _value(inner, value[wire], f"{at}.{wire}")
            elif is_needed and wire not in value:
                raise _unknown(f"{at}.{wire}")
            elif is_needed:
                found[name] = _value(inner, None, f"{at}.{wire}")
        return hint(**found)  # type: ignore[operator]
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin is typing.Union:
        return None if value is None else _value(arguments[0], value, at)
    if origin is tuple:
        if not isinstance(value, list):
            raise _unknown(at)
        return tuple(_value(arguments[0], item, at) for item in value)
    if origin is dict:
        if not isinstance(value, dict):
            raise _unknown(at)
        return {name: _value(arguments[1], item, at) for name, item in value.items()}
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if type(value) is not hint:
        raise _unknown(at)
    return value


def _unknown(at: str) -> NotContextLiteError:
    message = f"the answer is not what this version of the client knows: {at}"
    return NotContextLiteError(message, code="NOT_JSON")
