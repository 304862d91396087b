"""Programs that were written for the packages of before run on."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import Machine
from contextlite import (
    BinaryNotFoundError,
    Client,
    ContextLiteClient,
    ContextLiteError,
    ServerError,
    contextlite_client,
)

#: A port of this machine on which nothing listens; a client must not need the usual one.
FREE = 9


def test_documents_are_kept_and_asked(machine: Machine) -> None:
    with contextlite_client(port=FREE, database_path=machine.home / "own.db") as client:
        answer = client.add_document("Python is a programming language.", "python", {"kind": "x"})
        assert answer["id"] == "python"
        made = client.add_document("Rust is another.")
        result = client.query("programming language", max_results=5, min_score=0.0)
        assert result["documents"][0]["id"] == "python"
        assert result["documents"][0]["metadata"] == {"kind": "x"}
        assert result["totalResults"] >= 1 and result["queryTime"] > 0
        assert client.get_document("python")["content"] == "Python is a programming language."
        assert client.get_stats()["documentsCount"] == 2
        assert client.delete_document(made["id"])["success"] is True
        with pytest.raises(ServerError):
            client.get_document(made["id"])
        assert client.is_server_running()
    assert (machine.home / "own.db").exists()


def test_a_running_server_is_used(machine: Machine, client: Client) -> None:
    assert client.server is not None
    port = int(client.url.rpartition(":")[2])
    with ContextLiteClient("127.0.0.1", port, token=client.server.token) as other:
        assert other.base_url == client.url
        other.add_document("A note.", "note")
        assert client.get_document("note").content == "A note."
    assert client.health().status == "healthy", "it is not the other's to end"


def test_without_a_server_it_says_so(machine: Machine) -> None:
    client = ContextLiteClient(port=FREE, auto_start=False)
    assert not client.is_server_running() and not client.ensure_server_running()
    with pytest.raises(ServerError):
        client.query("x")
    with pytest.raises(BinaryNotFoundError):
        ContextLiteClient(port=FREE, binary=Path("/nowhere"))
    assert issubclass(BinaryNotFoundError, ContextLiteError)


def test_a_closed_one_starts_again(machine: Machine) -> None:
    client = ContextLiteClient(port=FREE)
    client.add_document("Kept.", "a")
    client.close()
    assert client.get_document("a")["content"] == "Kept."
    client.close()
