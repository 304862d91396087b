"""The LlamaIndex retriever and post-processor, with the library as it is installed."""

from __future__ import annotations

import asyncio
from typing import List

import pytest
from conftest import Machine
from contextlite import AsyncClient, Client
from contextlite.llamaindex import ContextLitePostprocessor, ContextLiteRetriever
from llama_index.core.llms.mock import MockLLM
from llama_index.core.query_engine import RetrieverQueryEngine
from llama_index.core.response_synthesizers import ResponseMode, get_response_synthesizer
from llama_index.core.schema import MetadataMode, NodeWithScore, TextNode


def test_passages_are_nodes(client: Client) -> None:
    nodes = ContextLiteRetriever(client, 300).retrieve("how are retries done")
    answer = client.assemble("how are retries done", max_tokens=300)
    assert [it.node.get_content() for it in nodes] == [it.content for it in answer.documents]
    assert [it.score for it in nodes] == [it.score for it in answer.documents]
    node, passage = nodes[0].node, answer.documents[0]
    assert node.node_id == passage.citation
    assert (node.metadata["path"], node.metadata["start_line"]) == (passage.path, 1)
    shown = node.get_content(metadata_mode=MetadataMode.LLM)
    assert passage.path in shown and passage.document_hash not in shown


def test_it_takes_part_in_a_query_engine(client: Client) -> None:
    synthesizer = get_response_synthesizer(llm=MockLLM(), response_mode=ResponseMode.COMPACT)
    engine = RetrieverQueryEngine(
        retriever=ContextLiteRetriever(client, 300),
        response_synthesizer=synthesizer,
        node_postprocessors=[ContextLitePostprocessor(client=client, max_tokens=200)],
    )
    response = engine.query("how are retries done")
    assert "run_with_retry" in str(response)
    assert response.source_nodes


def test_it_answers_in_a_loop_with_either_client(machine: Machine, client: Client) -> None:
    async def main() -> None:
        expected = ContextLiteRetriever(client, 300).retrieve("retries")
        ids = [it.node.node_id for it in expected]
        for other in (None, AsyncClient(client.url, token=client._token)):
            retriever = ContextLiteRetriever(client, 300, async_client=other)
            assert [it.node.node_id for it in await retriever.aretrieve("retries")] == ids
            if other is not None:
                await other.close()

    asyncio.run(main())


def nodes() -> List[NodeWithScore]:
    """Nodes of another retriever, in an order that is not the best."""
    texts = [
        "The weather was fine on the whole journey. " * 20,
        "Retries wait longer after each failed attempt, up to five times.",
        "A retry limit protects the server from a client that never gives up.",
        "Bread is baked at 220 degrees. " * 20,
    ]
    found = [TextNode(id_=f"n{number}", text=text) for number, text in enumerate(texts)]
    found[1].metadata["source"] = "handbook"
    return [NodeWithScore(node=node, score=0.5) for node in found]


def test_nodes_are_cut_down_to_a_budget(client: Client) -> None:
    client.add_document("Retry, retry, retry: a document of the user's own.", "own")
    processor = ContextLitePostprocessor(client=client, max_tokens=120)
    chosen = processor.postprocess_nodes(nodes(), query_str="what is the retry limit")
    assert {it.node.node_id for it in chosen} == {"n1", "n2"}
    scores = [it.score or 0.0 for it in chosen]
    assert scores == sorted(scores, reverse=True)
    kept = {it.node.node_id: it.node for it in chosen}
    assert kept["n1"].metadata == {"source": "handbook"}
    assert kept["n1"].get_content() == nodes()[1].node.get_content()
    listed = client.list_documents(space="llamaindex-postprocessor")
    assert listed.total == 0, "nothing of the nodes stays"
    assert client.list_documents().total == 1


def test_a_long_node_comes_back_in_part(client: Client) -> None:
    parts = [f"## Part {number}\n\n" + "Nothing of interest here. " * 30 for number in range(12)]
    parts[7] = "## Limits\n\nThe retry limit is five, and the retry waits longer each time."
    node = TextNode(id_="long", text="\n\n".join(parts), metadata={"path": "handbook.md"})
    processor = ContextLitePostprocessor(client=client, max_tokens=250)
    [chosen] = processor.postprocess_nodes(
        [NodeWithScore(node=node, score=1.0)], query_str="what is the retry limit"
    )
    text = chosen.node.get_content()
    assert "The retry limit is five" in text and len(text) < 1600
    assert chosen.node.node_id == "long" and chosen.node.metadata == {"path": "handbook.md"}
    assert node.get_content().startswith("## Part 0"), "the node that was given is as it was"


def test_without_a_question_nothing_can_be_chosen(client: Client) -> None:
    processor = ContextLitePostprocessor(client=client)
    with pytest.raises(ValueError, match="query_str"):
        processor.postprocess_nodes(nodes())
    assert processor.postprocess_nodes([], query_str="x") == []
