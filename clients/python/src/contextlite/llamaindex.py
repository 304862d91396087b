"""Retriever and node post-processor for LlamaIndex: ``pip install contextlite[llamaindex]``.

::

    from contextlite import Client
    from contextlite.llamaindex import ContextLiteRetriever

    with Client(roots=["."]) as client:
        nodes = ContextLiteRetriever(client, max_tokens=4000).retrieve("how are retries done")
"""

from __future__ import annotations

import uuid
from pathlib import PurePath
from typing import Any, ClassVar, Dict, List, Optional, Tuple

from llama_index.core.base.base_retriever import BaseRetriever
from llama_index.core.bridge.pydantic import ConfigDict, Field
from llama_index.core.callbacks.base import CallbackManager
from llama_index.core.postprocessor.types import BaseNodePostprocessor
from llama_index.core.schema import MetadataMode, NodeWithScore, QueryBundle, TextNode

from ._async_client import AsyncClient
from ._calls import BUDGET_TOKENS, NewDocument
from ._client import Client
from ._errors import NotFoundError
from ._models import Context, Passage

__all__ = ["ContextLitePostprocessor", "ContextLiteRetriever"]

#: Where the post-processor keeps nodes while it chooses among them.
_SPACE = "llamaindex-postprocessor"
#: The characters of a folder in it: short, because they are paid for, and enough to be its own.
_FOLDER_CHARS = 8


class ContextLiteRetriever(BaseRetriever):
    """Retrieves the passages to read for a question, together within a budget of tokens.

    Each node is a passage; its metadata holds the citation (``path``, ``start_line``, ``end_line``,
    ``document_hash``) and what was kept with the document.

    Args:
        client: Answers; of its ``space`` and roots if they are set there.
        max_tokens: The most tokens of all passages together, as they are rendered.
        async_client: Answers ``aretrieve``; without it ``client`` does, as for ``retrieve``.
        callback_manager: As for every retriever.
        options: Further options of :meth:`contextlite.Client.assemble`.
    """

    def __init__(
        self,
        client: Client,
        max_tokens: int = BUDGET_TOKENS,
        *,
        async_client: Optional[AsyncClient] = None,
        callback_manager: Optional[CallbackManager] = None,
        **options: Any,
    ) -> None:
        super().__init__(callback_manager=callback_manager)
        self._client = client
        self._async_client = async_client
        self._max_tokens = max_tokens
        self._options = options

    def _retrieve(self, query_bundle: QueryBundle) -> List[NodeWithScore]:
        answer = self._client.assemble(
            query_bundle.query_str, max_tokens=self._max_tokens, **self._options
        )
        return _nodes(answer)

    async def _aretrieve(self, query_bundle: QueryBundle) -> List[NodeWithScore]:
        if self._async_client is None:
            return self._retrieve(query_bundle)
        answer = await self._async_client.assemble(
            query_bundle.query_str, max_tokens=self._max_tokens, **self._options
        )
        return _nodes(answer)


def _nodes(answer: Context) -> List[NodeWithScore]:
    return [NodeWithScore(node=_node(it), score=it.score) for it in answer.documents]


def _node(passage: Passage) -> TextNode:
    metadata: Dict[str, Any] = {
        "document_id": passage.id,
        "path": passage.path,
        "root": passage.root,
        "start_line": passage.start_line,
        "end_line": passage.end_line,
        "language": passage.language,
        "tokens": passage.tokens,
        "breadcrumb": passage.breadcrumb,
        "document_hash": passage.document_hash,
        "metadata": passage.metadata,
    }
    shown = ["path", "start_line", "end_line"]
    hidden = [key for key in metadata if key not in shown]
    return TextNode(
        id_=passage.citation,
        text=passage.content,
        metadata=metadata,
        excluded_embed_metadata_keys=list(metadata),
        excluded_llm_metadata_keys=hidden,
    )


class ContextLitePostprocessor(BaseNodePostprocessor):
    """Cuts the nodes of any retriever down to what fits into a budget of tokens.

    The nodes are given to the engine as documents, which chooses the passages of them that are
    worth most for the question. A node of which only a part was chosen comes back with that part
    as its text; the order is by score. Nothing of the nodes stays in the store.

    Attributes:
        client: Chooses. Its other documents take no part.
        max_tokens: The most tokens of all nodes together, as the engine renders them.
    """

    model_config: ClassVar[ConfigDict] = ConfigDict(arbitrary_types_allowed=True)

    client: Client = Field(exclude=True)
    max_tokens: int = Field(default=BUDGET_TOKENS, gt=0)

    @classmethod
    def class_name(cls) -> str:
        """The name that LlamaIndex writes it under."""
        return "ContextLitePostprocessor"

    def _postprocess_nodes(
        self, nodes: List[NodeWithScore], query_bundle: Optional[QueryBundle] = None
    ) -> List[NodeWithScore]:
        if query_bundle is None or not query_bundle.query_str.strip():
            raise ValueError("choosing nodes needs the question: pass query_str")
        if not nodes:
            return []
        # A folder of its own keeps apart what is chosen at the same time.
        folder = uuid.uuid4().hex[:_FOLDER_CHARS]
        names = [f"{folder}/{place}" for place in range(len(nodes))]
        documents = [_document(name, it) for name, it in zip(names, nodes)]
        try:
            self.client.add_documents(documents, space=_SPACE)
            answer = self.client.assemble(
                query_bundle.query_str,
                max_tokens=self.max_tokens,
                space=_SPACE,
                include_patterns=[f"{folder}/*"],
                order="score",
                include_metadata=False,
                use_cache=False,
            )
        finally:
            self._forget(names)
        chosen: Dict[str, List[Passage]] = {}
        for passage in answer.documents:
            chosen.setdefault(passage.id, []).append(passage)
        return [_part(nodes[names.index(name)], parts) for name, parts in chosen.items()]

    def _forget(self, names: List[str]) -> None:
        for name in names:
            try:
                self.client.delete_document(name, space=_SPACE)
            except NotFoundError:
                pass


def _document(name: str, scored: NodeWithScore) -> NewDocument:
    text = scored.node.get_content(metadata_mode=MetadataMode.NONE)
    path = scored.node.metadata.get("path") or scored.node.metadata.get("file_path") or ""
    ending = PurePath(str(path)).suffix
    return {"id": name, "content": text, "path": name + ending}


def _part(scored: NodeWithScore, parts: List[Passage]) -> NodeWithScore:
    """A node with the text that was chosen of it; the node itself if that is all."""
    score = max(part.score for part in parts)
    text = scored.node.get_content(metadata_mode=MetadataMode.NONE)
    ordered: List[Tuple[int, str]] = sorted((part.start_line, part.content) for part in parts)
    chosen = "\n".join(content.rstrip("\n") for _, content in ordered)
    if chosen.strip() == text.strip():
        return NodeWithScore(node=scored.node, score=score)
    node = TextNode.model_validate({**scored.node.model_dump(), "text": chosen})
    return NodeWithScore(node=node, score=score)
