"""The asyncio client, and what only it can do wrong."""

from __future__ import annotations

import asyncio
import inspect
from typing import Any, Coroutine, List

import contextlite
import pytest
from conftest import Machine
from contextlite import AsyncClient, Client, IndexJob


def run(coroutine: Coroutine[Any, Any, None]) -> None:
    """Runs a test in a loop that tells what was forgotten."""
    asyncio.run(coroutine, debug=True)


def test_both_clients_have_the_same_calls() -> None:
    def calls(kind: type) -> List[str]:
        found = []
        for name, member in inspect.getmembers(kind, inspect.isfunction):
            if not name.startswith("_"):
                parameters = str(inspect.signature(member)).split(" -> ")[0]
                found.append(f"{name}{parameters}")
        return found

    assert calls(Client) == calls(AsyncClient)
    assert 25 < len(calls(Client))


def test_answers_are_equal(machine: Machine, client: Client) -> None:
    async def main() -> None:
        async with AsyncClient(client.url, token=client._token) as other:
            for question in ("how are retries done", "archive_name", "Grüße"):
                asked = client.assemble(question, max_tokens=300)
                assert (await other.assemble(question, max_tokens=300)).context == asked.context

    run(main())


def test_a_private_server_lives_as_long_as_the_block(machine: Machine) -> None:
    async def main() -> None:
        async with AsyncClient(roots=[machine.root]) as client:
            server = client.server
            assert server is not None and server.is_running
            seen: List[IndexJob] = []
            job = await client.index_workspace(machine.root, progress=seen.append)
            assert job.documents == 3 and seen[-1] == job
            result = await client.add_documents(["one", "two"])
            assert [it.id async for it in client.documents()] == sorted(result.ids)
        assert not server.is_running
        with pytest.raises(contextlite.ClosedError):
            await client.health()

    run(main())


def test_one_server_is_started_for_many_tasks(machine: Machine) -> None:
    async def main() -> None:
        client = AsyncClient(roots=[machine.root])
        answers = await asyncio.gather(*(client.assemble("retries") for _ in range(20)))
        assert len({answer.context for answer in answers}) == 1
        first = asyncio.ensure_future(client.health())
        await asyncio.sleep(0)
        first.cancel()
        assert (await client.health()).status == "healthy"
        await client.close()
        await client.close()

    run(main())


def test_a_start_that_is_given_up_leaves_nothing(machine: Machine) -> None:
    async def main() -> None:
        client = AsyncClient(roots=[machine.root])
        task = asyncio.ensure_future(client.health())
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await client.close()
        assert client.server is None or not client.server.is_running

    run(main())


def test_the_loop_goes_on_meanwhile(machine: Machine) -> None:
    for number in range(400):
        machine.write(f"many/{number}.md", f"# Part {number}\n\n" + "some words " * 200)

    async def main() -> None:
        ticks = 0

        async def tick() -> None:
            nonlocal ticks
            while True:
                ticks += 1
                await asyncio.sleep(0.001)

        async with AsyncClient(roots=[machine.root]) as client:
            ticking = asyncio.ensure_future(tick())
            await client.assemble("part")
            ticking.cancel()
        assert 3 < ticks

    run(main())


def test_errors_are_the_same(machine: Machine) -> None:
    async def main() -> None:
        async with AsyncClient(roots=[machine.root]) as client:
            with pytest.raises(contextlite.InvalidInputError) as raised:
                await client.assemble("x", max_opt_gap=2)
            assert raised.value.field == "max_opt_gap"
        with pytest.raises(contextlite.UnreachableError):
            await AsyncClient("http://127.0.0.1:9").health()

    run(main())
