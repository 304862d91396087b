"""The LangChain retriever, with the library as it is installed."""

from __future__ import annotations

import asyncio
import json

from conftest import Machine
from contextlite import AsyncClient, Client
from contextlite.langchain import ContextLiteRetriever
from langchain_core.documents import Document
from langchain_core.load import dumps
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.retrievers import BaseRetriever
from langchain_core.runnables import RunnableLambda, RunnablePassthrough


def test_passages_are_documents(client: Client) -> None:
    retriever = ContextLiteRetriever(client=client, max_tokens=300)
    assert isinstance(retriever, BaseRetriever)
    documents = retriever.invoke("how are retries done")
    answer = client.assemble("how are retries done", max_tokens=300)
    assert [it.page_content for it in documents] == [it.content for it in answer.documents]
    first, passage = documents[0], answer.documents[0]
    assert first.id == first.metadata["source"] == passage.citation
    assert first.metadata["score"] == passage.score
    assert sum(it.metadata["tokens"] for it in documents) <= 300
    assert json.loads(dumps(documents)), "they can be written down"


def test_options_are_passed_on(client: Client) -> None:
    client.add_document("We retry five times.", "notes/1", {"team": "core"})
    options = {"include_patterns": ["notes/*"], "max_documents": 1}
    retriever = ContextLiteRetriever(client=client, options=options)
    [document] = retriever.invoke("retry")
    assert document.metadata["metadata"] == {"team": "core"}
    assert document.metadata["document_id"] == "notes/1"


def test_it_takes_part_in_a_chain(client: Client) -> None:
    def joined(documents: "list[Document]") -> str:
        return "\n".join(f"{it.metadata['source']}\n{it.page_content}" for it in documents)

    prompt = ChatPromptTemplate.from_template("{context}\n---\n{question}")
    retriever = ContextLiteRetriever(client=client, max_tokens=300)
    chain = (
        {"context": retriever | joined, "question": RunnablePassthrough()}
        | prompt
        | RunnableLambda(lambda value: str(value.to_messages()[0].content))
    )
    said = chain.invoke("how are retries done")
    assert "run_with_retry" in said and said.endswith("how are retries done")
    assert len(chain.batch(["retries", "archives", "limits"])) == 3


def test_it_answers_in_a_loop_with_either_client(machine: Machine, client: Client) -> None:
    async def main() -> None:
        plain = ContextLiteRetriever(client=client, max_tokens=300)
        expected = plain.invoke("retries")
        assert await plain.ainvoke("retries") == expected
        async with AsyncClient(client.url, token=client._token) as other:
            both = ContextLiteRetriever(client=client, async_client=other, max_tokens=300)
            assert await both.ainvoke("retries") == expected

    asyncio.run(main())
