"""The client's side of clients/conformance; the README there says what a file means."""

from __future__ import annotations

import asyncio
import json
import os
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Callable, Dict, List

import pytest
from conftest import Machine
from contextlite import AsyncClient, Client, ContextLiteClient, ContextLiteError, _models

FOLDER = Path(os.environ.get("CONFORMANCE", str(Path(__file__).parents[2] / "conformance")))
KINDS: Dict[str, Any] = {
    "number": (int, float),
    "string": str,
    "boolean": bool,
    "list": list,
    "object": dict,
}
TOLERANCE = 1e-6


def files(folder: str) -> List[Path]:
    found = sorted((FOLDER / folder).glob("*.json"))
    assert found, f"no cases in {FOLDER / folder}"
    return found


def filled(value: Any, kept: Dict[str, Any]) -> Any:
    """The same with what was kept in the place of its name."""
    if isinstance(value, str):
        whole = re.fullmatch(r"\{(\w+)\}", value)
        if whole and whole.group(1) in kept:
            return kept[whole.group(1)]
        for name, known in kept.items():
            value = value.replace("{" + name + "}", str(known))
        return value
    if isinstance(value, list):
        return [filled(item, kept) for item in value]
    if isinstance(value, dict):
        return {name: filled(item, kept) for name, item in value.items()}
    return value


def fit(expected: Any, found: Any, kept: Dict[str, Any], at: str = "answer") -> None:
    """Fails unless a value is what is expected of it."""
    what = f"{at}: expected {expected!r}, found {found!r}"
    if isinstance(expected, dict) and any(name.startswith("$") for name in expected):
        for operator, operand in expected.items():
            assert holds(operator, operand, found, kept, at), what
    elif isinstance(expected, dict):
        assert isinstance(found, dict), what
        for name, item in expected.items():
            assert name in found, f"{at}.{name} is absent"
            fit(item, found[name], kept, f"{at}.{name}")
    elif isinstance(expected, list):
        assert isinstance(found, list) and len(found) == len(expected), what
        for place, (one, other) in enumerate(zip(expected, found)):
            fit(one, other, kept, f"{at}[{place}]")
    elif isinstance(expected, (int, float)) and not isinstance(expected, bool):
        assert isinstance(found, (int, float)) and not isinstance(found, bool), what
        assert found == pytest.approx(expected, rel=TOLERANCE), what
    else:
        assert type(expected) is type(found) and expected == found, what


def holds(operator: str, operand: Any, found: Any, kept: Dict[str, Any], at: str) -> bool:
    if operator == "$is":
        if operand == "null":
            return found is None
        is_flag = isinstance(found, bool)
        return isinstance(found, KINDS[operand]) and (operand == "boolean") == is_flag
    if operator == "$least":
        return bool(operand <= found)
    if operator == "$most":
        return bool(found <= operand)
    if operator == "$has_text":
        return isinstance(found, str) and operand in found
    if operator == "$length":
        return bool(len(found) == operand)
    if operator == "$keep":
        kept[operand] = found
        return True
    if operator == "$each":
        for item in found:
            fit(operand, item, kept, at)
        return len(found) > 0
    assert operator == "$has", operator
    for item in found:
        try:
            fit(operand, item, kept, at)
            return True
        except AssertionError:
            continue
    return False


Ask = Callable[[str, Dict[str, Any]], Any]


def compared(step: Dict[str, Any], ask: Ask, kept: Dict[str, Any]) -> None:
    """Makes a step's call, and compares what comes of it."""
    arguments = filled(step["with"], kept)
    if "error" not in step:
        answer = _models.encode(ask(step["call"], arguments))
        fit(filled(step["answer"], kept), answer, kept)
        return
    with pytest.raises(ContextLiteError) as raised:
        ask(step["call"], arguments)
    error = filled(step["error"], kept)
    found = {"code": raised.value.code, "field": raised.value.field}
    found["status"] = raised.value.status  # type: ignore[assignment]
    fit(error, found, kept, "error")


def asking(client: Client) -> Ask:
    """The calls of the client; ``query`` is one of the historic names."""
    historic = ContextLiteClient(auto_start=False)
    historic._client = client

    def ask(call: str, arguments: Dict[str, Any]) -> Any:
        return getattr(historic if call == "query" else client, call)(**arguments)

    return ask


@pytest.mark.parametrize("path", files("cases"), ids=lambda path: path.stem)
@pytest.mark.parametrize("kind", ["sync", "async"])
def test_a_story_is_told_as_it_is_written(
    path: Path, kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine = Machine(tmp_path.resolve())
    for name, value in machine.places().items():
        monkeypatch.setenv(name, value)
    outside = machine.home / ".outside"
    outside.mkdir()
    story = json.loads(path.read_text(encoding="utf-8"))
    for name, text in story.get("files", {}).items():
        machine.write(name, text)
    roots = [] if "--no-root" in story.get("server", []) else [machine.root]
    kept = {"root": str(machine.root), "outside": str(outside)}
    with Client(roots=roots) as client:
        ask = asking(client)
        if kind == "async":
            loop = asyncio.new_event_loop()
            other = AsyncClient(client.url, token=client._token)

            def ask_async(call: str, arguments: Dict[str, Any]) -> Any:
                if call == "query":
                    return ask(call, arguments)
                return loop.run_until_complete(getattr(other, call)(**arguments))

            for step in story["steps"]:
                if "call" in step:
                    compared(step, ask_async, kept)
            loop.run_until_complete(other.close())
            loop.close()
            return
        for step in story["steps"]:
            if "call" in step:
                compared(step, ask, kept)


class Played:
    """A server that takes the exchanges of a file in order."""

    def __init__(self, exchanges: List[Dict[str, Any]]) -> None:
        self.left = list(exchanges)
        self.problems: List[str] = []
        played = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def take(self) -> None:
                length = int(self.headers.get("content-length", 0))
                body = self.rfile.read(length)
                if not played.left:
                    played.problems.append(f"one request more: {self.command} {self.path}")
                    self.close_connection = True
                    return
                exchange = played.left.pop(0)
                played.check(exchange["request"], self, body)
                reply = exchange["reply"]
                if reply.get("close"):
                    self.close_connection = True
                    return
                text = reply.get("text", json.dumps(reply.get("body")))
                self.send_response(reply["status"])
                for name, value in reply.get("headers", {}).items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(text.encode())))
                self.end_headers()
                self.wfile.write(text.encode())

            do_GET = do_POST = do_PUT = do_DELETE = take

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,))
        self.thread.start()
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def check(self, expected: Dict[str, Any], made: BaseHTTPRequestHandler, body: bytes) -> None:
        found = {"method": made.command, "path": made.path}
        wanted = {"method": expected["method"], "path": expected["path"]}
        if found != wanted:
            self.problems.append(f"{found} instead of {wanted}")
        for name, value in expected.get("headers", {}).items():
            if made.headers.get(name) != value:
                self.problems.append(f"{name} is {made.headers.get(name)!r}, not {value!r}")
        if "body" in expected and json.loads(body) != expected["body"]:
            self.problems.append(f"body is {body!r}")

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@pytest.mark.parametrize("path", files("wire"), ids=lambda path: path.stem)
@pytest.mark.parametrize("kind", ["sync", "async"])
def test_requests_are_made_as_they_are_written(path: Path, kind: str) -> None:
    story = json.loads(path.read_text(encoding="utf-8"))
    played = Played(story["exchanges"])
    options = story.get("client", {})
    try:
        if kind == "sync":
            with Client(played.url, **options) as client:
                compared(story, asking(client), {})
        else:

            def ask(call: str, arguments: Dict[str, Any]) -> Any:
                async def main() -> Any:
                    async with AsyncClient(played.url, **options) as client:
                        return await getattr(client, call)(**arguments)

                return asyncio.run(main())

            compared(story, ask, {})
    finally:
        played.close()
    assert played.problems == [] and played.left == []
