"""What can be asked, each as a request and the value that answers it."""

from __future__ import annotations

import os
from typing import (
    TYPE_CHECKING,
    Any,
    Dict,
    Iterable,
    Iterator,
    List,
    Mapping,
    Optional,
    Sequence,
    Tuple,
    Type,
    TypedDict,
    TypeVar,
    Union,
)
from urllib.parse import quote

from . import _models
from ._errors import ServerError
from ._exchange import Call, request

if TYPE_CHECKING:
    from typing_extensions import Required

T = TypeVar("T")
PathLike = Union[str, "os.PathLike[str]"]

#: The tokens of an answer where the caller does not say, as on the command line.
BUDGET_TOKENS = 4000
#: The documents of one request of :func:`batches`.
_BATCH_DOCUMENTS = 500
#: The characters of one request of :func:`batches`; the server takes 32 MiB, and a character may
#: need six bytes of JSON.
_BATCH_CHARACTERS = 4 << 20


class AskOptions(TypedDict, total=False):
    """How a question is answered; what is left out is the server's default.

    Attributes:
        max_documents: The most passages; without it only the budget limits them.
        per_document: The most passages of one document.
        workspace_path: Ask only about the workspace of this folder.
        include_patterns: Only documents whose path matches one of these globs.
        exclude_patterns: No document whose path matches one of these globs.
        pin: What must be in the answer: ``PATH`` or ``PATH:FIRST-LAST``.
        model_id: The model that reads the answer, which decides how tokens are counted.
        tokenizer: ``o200k``, ``cl100k``, ``claude`` or ``chars``.
        use_smt: False chooses greedily.
        smt_timeout_ms: The most milliseconds for the proof.
        max_opt_gap: The choice may be this share below the best, in [0, 1].
        objective_style: ``weighted-sum``, ``lexicographic`` or ``epsilon-constraint``.
        redundancy_max: A bound of epsilon-constraint.
        coherence_min: A bound of epsilon-constraint.
        recency_min: A bound of epsilon-constraint, in [0, 1].
        order: ``document`` or ``score``.
        use_cache: False does the work again.
        include_metadata: Whether documents have their metadata; True by default.
        explain: Say of each candidate that was left out what keeps it out.
        certificate: Answer with what ``contextlite verify`` checks.
    """

    max_documents: int
    per_document: int
    workspace_path: PathLike
    include_patterns: Sequence[str]
    exclude_patterns: Sequence[str]
    pin: Sequence[str]
    model_id: str
    tokenizer: str
    use_smt: bool
    smt_timeout_ms: int
    max_opt_gap: float
    objective_style: str
    redundancy_max: float
    coherence_min: float
    recency_min: float
    order: str
    use_cache: bool
    include_metadata: bool
    explain: bool
    certificate: bool


class NewDocument(TypedDict, total=False):
    """A document to keep; an equal ``id`` replaces.

    Times are RFC 3339 or Unix seconds; ``metadata`` is any JSON and is given back as it is.
    """

    content: Required[str]
    id: Optional[str]
    path: Optional[str]
    language: Optional[str]
    metadata: Any
    created_at: Union[str, int, None]
    modified_time: Union[str, int, None]


def _model(kind: Type[T]) -> Any:
    return lambda value: _models.decode(kind, value)


def _part(text: str) -> str:
    """A text as one part of a path."""
    return quote(text, safe="")


def _given(**values: Any) -> Dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def _ask(
    path: str, query: str, max_tokens: int, options: Mapping[str, Any], space: Optional[str]
) -> Call[_models.Context]:
    for name in options:
        if name not in AskOptions.__annotations__:
            raise TypeError(f"unexpected option {name!r}; known are those of AskOptions")
    body: Dict[str, Any] = {"query": query, "max_tokens": max_tokens}
    for name, value in options.items():
        if value is None:
            continue
        if name == "workspace_path":
            value = os.fspath(value)
        elif name in ("include_patterns", "exclude_patterns", "pin"):
            value = _texts(name, value)
        body[name] = value
    return Call(
        request("POST", path, body=body, space=space, is_repeatable=True),
        _model(_models.Context),
    )


def _texts(name: str, value: Iterable[str]) -> List[str]:
    if isinstance(value, str):
        raise TypeError(f"{name} is a list of texts, not one text")
    return list(value)


def assemble(
    query: str, max_tokens: int, options: Mapping[str, Any], space: Optional[str]
) -> Call[_models.Context]:
    return _ask("/api/v1/context/assemble", query, max_tokens, options, space)


def compare(
    query: str, max_tokens: int, options: Mapping[str, Any], space: Optional[str]
) -> Call[_models.Context]:
    return _ask("/api/v1/context/baseline", query, max_tokens, options, space)


def search(
    query: str,
    limit: Optional[int],
    offset: Optional[int],
    workspace_path: Optional[PathLike],
    space: Optional[str],
) -> Call[_models.SearchResult]:
    given = _given(q=query, limit=limit, offset=offset, workspace_path=_path(workspace_path))
    return Call(
        request("GET", "/api/v1/documents/search", query=given, space=space),
        _model(_models.SearchResult),
    )


def _path(path: Optional[PathLike]) -> Optional[str]:
    return None if path is None else os.fspath(path)


def rank(
    query: str,
    k: Optional[int],
    max_tokens: Optional[int],
    workspace_path: Optional[PathLike],
    space: Optional[str],
) -> Call[_models.Ranking]:
    body = _given(query=query, k=k, max_tokens=max_tokens, workspace_path=_path(workspace_path))
    return Call(
        request("POST", "/api/v1/rank", body=body, space=space, is_repeatable=True),
        _model(_models.Ranking),
    )


def snippet(
    file: str,
    start_line: int,
    end_line: Optional[int],
    workspace_path: Optional[PathLike],
    space: Optional[str],
) -> Call[_models.Snippet]:
    if start_line < 1:
        raise ValueError("start_line is counted from 1")
    if end_line is not None and end_line < start_line:
        raise ValueError("end_line is before start_line")
    body = _given(
        file=file,
        start={"line": start_line - 1, "character": 0},
        end={"line": end_line or 0, "character": 0},
        workspace_path=_path(workspace_path),
    )
    return Call(
        request("POST", "/api/v1/snippet", body=body, space=space, is_repeatable=True),
        _model(_models.Snippet),
    )


def add_document(document: NewDocument, space: Optional[str]) -> Call[_models.KeptDocument]:
    return Call(
        request(
            "POST",
            "/api/v1/documents",
            body=_given(**document),
            space=space,
            is_repeatable=document.get("id") is not None,
        ),
        _model(_models.KeptDocument),
    )


def add_documents(
    documents: Sequence[NewDocument], space: Optional[str]
) -> Call[_models.BulkResult]:
    body = [_given(**document) for document in documents]
    return Call(
        request(
            "POST",
            "/api/v1/documents/bulk",
            body=body,
            space=space,
            is_repeatable=all("id" in document for document in body),
        ),
        _model(_models.BulkResult),
    )


def batches(documents: Iterable[NewDocument]) -> Iterator[Tuple[int, List[NewDocument]]]:
    """Parts of a list that fit into one request each, with the place of their first document."""
    start, characters = 0, 0
    batch: List[NewDocument] = []
    for document in documents:
        size = len(document["content"])
        is_full = _BATCH_DOCUMENTS <= len(batch) or _BATCH_CHARACTERS < characters + size
        if batch and is_full:
            yield start, batch
            start, batch, characters = start + len(batch), [], 0
        batch.append(document)
        characters += size
    if batch or start == 0:
        yield start, batch


def joined(parts: Iterable[Tuple[int, _models.BulkResult]]) -> _models.BulkResult:
    """The result of all parts, the places of failures counted over the whole list."""
    ids: List[str] = []
    errors: List[_models.BulkError] = []
    added = total = 0
    for start, part in parts:
        ids += part.ids
        errors += [_models.BulkError(start + error.index, error.error) for error in part.errors]
        added += part.added
        total += part.total
    return _models.BulkResult(tuple(ids), added, tuple(errors), total)


def get_document(document_id: str, space: Optional[str]) -> Call[_models.Document]:
    return Call(
        request("GET", f"/api/v1/documents/{_part(document_id)}", space=space),
        _model(_models.Document),
    )


def list_documents(
    limit: Optional[int], offset: Optional[int], space: Optional[str]
) -> Call[_models.DocumentList]:
    return Call(
        request("GET", "/api/v1/documents", query=_given(limit=limit, offset=offset), space=space),
        _model(_models.DocumentList),
    )


def delete_document(document_id: str, space: Optional[str]) -> Call[_models.Deleted]:
    return Call(
        request("DELETE", f"/api/v1/documents/{_part(document_id)}", space=space),
        _model(_models.Deleted),
    )


def clear_documents(space: Optional[str]) -> Call[_models.Deleted]:
    return Call(
        request("DELETE", "/api/v1/documents", space=space, is_repeatable=True),
        _model(_models.Deleted),
    )


def index_workspace(
    path: PathLike,
    include_patterns: Optional[Sequence[str]],
    exclude_patterns: Optional[Sequence[str]],
    max_files: Optional[int],
) -> Call[_models.IndexJob]:
    body = _given(
        path=os.path.abspath(path),
        include_patterns=include_patterns and _texts("include_patterns", include_patterns),
        exclude_patterns=exclude_patterns and _texts("exclude_patterns", exclude_patterns),
        max_files=max_files,
        wait=False,
    )
    return Call(
        request("POST", "/api/v1/documents/workspace", body=body, is_repeatable=True),
        _index_job,
    )


def job(number: int) -> Call[_models.IndexJob]:
    return Call(request("GET", f"/api/v1/jobs/{number:d}"), _index_job)


def _index_job(value: Any) -> _models.IndexJob:
    found = _models.decode(_models.IndexJob, value)
    if found.state == "failed":
        raise ServerError(found.error or "it was not indexed", code="NOT_INDEXED")
    return found


def workspaces() -> Call[_models.Workspaces]:
    return Call(request("GET", "/api/v1/workspaces"), _model(_models.Workspaces))


def workspace(name: str) -> Call[_models.WorkspaceStatus]:
    return Call(
        request("GET", f"/api/v1/workspaces/{_part(name)}"), _model(_models.WorkspaceStatus)
    )


def forget_workspace(name: str) -> Call[_models.Forgotten]:
    return Call(request("DELETE", f"/api/v1/workspaces/{_part(name)}"), _model(_models.Forgotten))


def feedback(
    query: str,
    accepted: Iterable[str],
    rejected: Iterable[str],
    workspace_path: Optional[PathLike],
    space: Optional[str],
) -> Call[_models.Learned]:
    body: Dict[str, Any] = {"query": query}
    for name, documents in (("accepted", accepted), ("rejected", rejected)):
        texts = _texts(name, documents)
        if texts:
            body[f"{name}_docs"] = texts
    body.update(_given(workspace_path=_path(workspace_path)))
    return Call(
        request("POST", "/api/v1/weights/update", body=body, space=space),
        _model(_models.Learned),
    )


def learned(
    action: str, workspace_path: Optional[PathLike], space: Optional[str]
) -> Call[_models.Learned]:
    """The weights (``""``), or what is left of them after ``/undo`` or ``/reset``."""
    whose = _given(workspace_path=_path(workspace_path))
    if action:
        made = request(
            "POST",
            f"/api/v1/weights{action}",
            body=whose,
            space=space,
            is_repeatable=action == "/reset",
        )
    else:
        made = request("GET", "/api/v1/weights", query=whose, space=space)
    return Call(made, _model(_models.Learned))


def health() -> Call[_models.Health]:
    return Call(request("GET", "/health"), _model(_models.Health))


def stats() -> Call[_models.Stats]:
    return Call(request("GET", "/stats"), _model(_models.Stats))


def storage() -> Call[_models.Storage]:
    return Call(request("GET", "/api/v1/storage/info"), _model(_models.Storage))


def cache_stats() -> Call[_models.CacheStats]:
    return Call(request("GET", "/api/v1/cache/stats"), _model(_models.CacheStats))


def clear_cache() -> Call[_models.Invalidated]:
    return Call(
        request("POST", "/api/v1/cache/invalidate", body={}, is_repeatable=True),
        _model(_models.Invalidated),
    )


def solver_stats() -> Call[_models.SolverStats]:
    return Call(request("GET", "/api/v1/smt/stats"), _model(_models.SolverStats))
