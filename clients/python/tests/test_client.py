"""The client against the real server, as a program uses it."""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import threading
from pathlib import Path
from typing import Callable, Dict, Iterator, List, Type, Union

import contextlite
import pytest
from conftest import Machine
from contextlite import Client, IndexJob, NotFoundError


def test_a_question_is_answered_within_its_budget(client: Client) -> None:
    answer = client.assemble("how are retries done", max_tokens=300)
    assert 0 < answer.total_tokens <= 300
    assert answer.smt_metrics.status == "optimal"
    best = max(answer.documents, key=lambda document: document.score)
    assert best.path == "src/retry.py"
    assert best.content in answer.context
    assert str(answer) == answer.context
    assert 0 <= best.features.relevance <= 1


@pytest.mark.parametrize("budget", [60, 300, 4000])
@pytest.mark.parametrize("question", ["how are retries done", "archive_name", "Grüße, 日本?"])
def test_the_text_for_a_model_is_that_of_the_command_line(
    client: Client, machine: Machine, binary: Path, question: str, budget: int
) -> None:
    machine.write("docs/grüße.md", "# Grüße\n\nAus 日本, mit Grüßen.\r\nZeile zwei.\n")
    command = [str(binary), "context", question, "--budget", str(budget)]
    said = subprocess.run(
        [*command, "--root", str(machine.root)],
        env=machine.variables(),
        capture_output=True,
    )
    assert said.returncode in (0, 1), "1 says that nothing fits"
    assert said.stdout == client.assemble(question, max_tokens=budget).context.encode("utf-8")


def test_the_default_is_that_of_the_command_line(
    client: Client, machine: Machine, binary: Path
) -> None:
    for number in range(30):
        machine.write(f"notes/{number}.md", f"# Retry {number}\n\nA note about retries.\n")
    said = subprocess.run(
        [str(binary), "context", "retry", "--root", str(machine.root)],
        env=machine.variables(),
        capture_output=True,
        check=True,
    )
    answer = client.assemble("retry")
    assert said.stdout == answer.context.encode("utf-8")
    assert 10 < len(answer.documents), "only the budget limits it"


def test_what_changes_is_found(client: Client, machine: Machine) -> None:
    client.assemble("retries")
    machine.write("src/new.py", "def brand_new_thing():\n    return 1\n")
    assert "brand_new_thing" in client.assemble("brand_new_thing").context


def test_a_citation_reads_back_and_can_be_pinned_and_judged(client: Client) -> None:
    passage = client.search("archive_name", 1).documents[0]
    read = client.snippet(passage.path, passage.start_line, passage.end_line)
    assert read.snippet == passage.content
    whole = client.snippet(passage.path)
    assert whole.lines == len(whole.snippet.splitlines())
    pinned = client.assemble("retries", pin=[passage.citation])
    assert any(document.pinned for document in pinned.documents)
    before = client.assemble("archive", use_cache=False).context
    learned = client.feedback("archive", accepted=[passage.citation], rejected=["README.md"])
    assert learned.updates == 1
    assert client.undo_feedback().updates == 0
    assert client.assemble("archive", use_cache=False).context == before


def test_an_index_run_is_watched(client: Client, machine: Machine) -> None:
    for number in range(300):
        machine.write(f"many/{number}.md", f"# Part {number}\n\n" + "some words " * 50)
    seen: List[IndexJob] = []
    done = client.index_workspace(machine.root, progress=seen.append)
    assert done.state == "done" and done.documents == 303
    assert seen[-1] == done
    assert all(job.state == "running" for job in seen[:-1])
    status = client.workspace(done.workspace)
    assert status.freshness.fresh and status.documents == 303
    assert client.workspaces().workspaces[0].root == str(machine.root)
    assert client.forget_workspace(done.workspace).forgotten


def test_a_relative_folder_is_the_callers(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(machine.root.parent)
    with Client(roots=["repository"]) as client:
        assert client.index_workspace("repository").root == str(machine.root)


def test_documents_are_kept_and_found(client: Client) -> None:
    kept = client.add_document("We retry five times.", "meeting/3", {"team": ["core", None, 1.5]})
    assert kept.id == "meeting/3" and not kept.replaced
    assert client.add_document("We retry six times.", "meeting/3").replaced
    assert client.get_document("meeting/3").content == "We retry six times."
    assert client.get_document("meeting/3").metadata is None
    assert client.get_document("src/retry.py").metadata is None
    client.delete_document("meeting/3")
    with pytest.raises(NotFoundError) as raised:
        client.get_document("meeting/3")
    assert (raised.value.code, raised.value.status) == ("NOT_FOUND", 404)


def test_a_long_list_goes_in_parts(machine: Machine) -> None:
    def documents() -> Iterator[Union[str, Dict[str, str]]]:
        for number in range(1201):
            if number == 700:
                yield {"content": "x", "created_at": "yesterday"}
            elif number % 2:
                yield f"text {number}"
            else:
                yield {"content": f"text {number}", "id": f"{number:04}"}

    with Client() as client:
        result = client.add_documents(documents())
        assert (result.added, result.total) == (1200, 1201)
        assert [error.index for error in result.errors] == [700]
        listed = list(client.documents())
        assert len(listed) == 1200 and len({document.id for document in listed}) == 1200
        assert client.clear_documents().deleted == 1200
        for wrong in ({"text": "x"}, {"content": 5}, {"content": "x", "identifier": "y"}):
            with pytest.raises(TypeError, match="document 0 has"):
                client.add_documents([wrong])


def test_spaces_stay_apart(machine: Machine) -> None:
    with Client(space="team-a") as a, Client(a.url, token=a._token, space="team-b") as b:
        a.add_document("Only for team A.", "x")
        with pytest.raises(NotFoundError):
            b.get_document("x")
        assert b.assemble("team").documents == ()
        assert b.get_document("x", space="team-a").content == "Only for team A."


def test_many_threads_use_one_client(client: Client) -> None:
    expected = client.assemble("retries").context
    found: List[str] = []

    def ask() -> None:
        for _ in range(10):
            found.append(client.assemble("retries").context)

    threads = [threading.Thread(target=ask) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [expected] * 120


def test_wrong_arguments_are_named(client: Client) -> None:
    def check(call: Callable[[], object], kind: Type[Exception], text: str) -> None:
        with pytest.raises(kind, match=text):
            call()

    check(
        lambda: client.assemble("x", max_tokns=3),  # type: ignore[call-arg]
        TypeError,
        "max_tokns",
    )
    check(lambda: client.assemble("x", pin="README.md"), TypeError, "pin is a list")
    check(lambda: client.feedback("x", "README.md"), TypeError, "accepted is a list")
    check(lambda: client.snippet("x", 0), ValueError, "start_line")
    check(lambda: client.snippet("x", 3, 2), ValueError, "end_line")
    check(lambda: client.search("x", space="ü"), ValueError, "space")
    check(lambda: client.add_document("x", metadata={1, 2}), TypeError, "JSON")
    check(lambda: client.add_document("x", metadata=float("nan")), ValueError, "JSON")
    check(lambda: Client("127.0.0.1:8080"), ValueError, "url must be")
    check(lambda: Client("http://127.0.0.1:8080", roots=["."]), ValueError, "leave out url")
    check(lambda: Client(token="secret"), ValueError, "give its url")
    check(lambda: Client(roots="."), TypeError, "list of folders")
    check(lambda: Client(timeout=0), ValueError, "timeout")


def test_an_error_holds_what_the_server_said(client: Client) -> None:
    with pytest.raises(contextlite.InvalidInputError) as raised:
        client.assemble("x", max_opt_gap=2)
    error = raised.value
    assert (error.code, error.field, error.status) == ("INVALID_INPUT", "max_opt_gap", 400)
    assert "share" in str(error)
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is type(error) and str(again) == str(error)
    assert (again.code, again.field, again.status) == (error.code, error.field, error.status)


def test_nobody_answers() -> None:
    with pytest.raises(contextlite.UnreachableError) as raised:
        Client("http://127.0.0.1:9").health()
    assert raised.value.code == "UNREACHABLE"


def test_the_version_is_that_of_the_program(client: Client, binary: Path) -> None:
    said = subprocess.run([str(binary), "--version"], capture_output=True, check=True, text=True)
    assert said.stdout.split()[1] == client.health().version
    assert client.server is not None and client.server.version == client.health().version
    wanted = os.environ.get("EXPECTED_VERSION")
    assert wanted is None or contextlite.__version__ == wanted


def test_everything_else_is_answered(client: Client) -> None:
    client.assemble("retries")
    assert client.stats().documents_count == 3
    assert client.storage().document_count == 3
    assert client.cache_stats().misses == 1
    assert client.clear_cache().success
    assert client.solver_stats().solves == 1
    assert client.rank("backoff_delay", 1).items[0].file == "src/retry.py"
    assert client.compare("retry").comparison[0].method == "optimal"
    assert client.reset_feedback().updates == client.weights().updates == 0
    certificate = client.assemble("retries", certificate=True).certificate
    assert certificate is not None and json.dumps(certificate)
