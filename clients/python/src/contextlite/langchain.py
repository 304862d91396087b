"""The retriever for LangChain: ``pip install contextlite[langchain]``.

::

    from contextlite import Client
    from contextlite.langchain import ContextLiteRetriever

    with Client(roots=["."]) as client:
        retriever = ContextLiteRetriever(client=client, max_tokens=4000)
        documents = retriever.invoke("how are retries done")
"""

from __future__ import annotations

from typing import Any, ClassVar, Dict, List, Optional

from langchain_core.callbacks import (
    AsyncCallbackManagerForRetrieverRun,
    CallbackManagerForRetrieverRun,
)
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever
from pydantic import ConfigDict, Field

from ._async_client import AsyncClient
from ._calls import BUDGET_TOKENS
from ._client import Client
from ._models import Context

__all__ = ["ContextLiteRetriever"]


class ContextLiteRetriever(BaseRetriever):
    """Retrieves the passages to read for a question, together within a budget of tokens.

    Each document is a passage; its ``metadata`` holds the citation (``path``, ``start_line``,
    ``end_line``, ``document_hash``), the ``score``, its ``tokens`` and what was kept with the
    document.

    Attributes:
        client: Answers; of its ``space`` and roots if they are set there.
        async_client: Answers ``ainvoke``; without it a thread waits for ``client``.
        max_tokens: The most tokens of all passages together, as they are rendered.
        options: Further options of :meth:`contextlite.Client.assemble`.
    """

    model_config: ClassVar[ConfigDict] = ConfigDict(arbitrary_types_allowed=True)

    client: Client
    async_client: Optional[AsyncClient] = None
    max_tokens: int = Field(default=BUDGET_TOKENS, gt=0)
    options: Dict[str, Any] = Field(default_factory=dict)

    def _get_relevant_documents(
        self, query: str, *, run_manager: CallbackManagerForRetrieverRun
    ) -> List[Document]:
        answer = self.client.assemble(query, max_tokens=self.max_tokens, **self.options)
        return _documents(answer)

    async def _aget_relevant_documents(
        self, query: str, *, run_manager: AsyncCallbackManagerForRetrieverRun
    ) -> List[Document]:
        if self.async_client is None:
            return await super()._aget_relevant_documents(query, run_manager=run_manager)
        answer = await self.async_client.assemble(query, max_tokens=self.max_tokens, **self.options)
        return _documents(answer)


def _documents(answer: Context) -> List[Document]:
    return [
        Document(
            id=passage.citation,
            page_content=passage.content,
            metadata={
                "source": passage.citation,
                "document_id": passage.id,
                "path": passage.path,
                "root": passage.root,
                "start_line": passage.start_line,
                "end_line": passage.end_line,
                "language": passage.language,
                "score": passage.score,
                "tokens": passage.tokens,
                "breadcrumb": passage.breadcrumb,
                "document_hash": passage.document_hash,
                "metadata": passage.metadata,
            },
        )
        for passage in answer.documents
    ]
