"""That nothing is left: no process, no handle, no port, however a program ends."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import socket
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path
from typing import Set
from urllib.parse import urlsplit

import contextlite
import pytest
from conftest import Machine
from contextlite import AsyncClient, Client, NotStartedError, Server

#: How long the operating system and the server may take to see that their owner is gone.
GONE_MAX_S = 15.0
LINUX = pytest.mark.skipif(sys.platform != "linux", reason="/proc is what is looked at")


def is_alive(pid: int) -> bool:
    """Whether a process runs; one that ended and is not yet reaped does not."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
            return file.read().rpartition(")")[2].split()[0] not in ("Z", "X")
    except FileNotFoundError:
        return False


def wait_until_gone(pid: int) -> None:
    end = time.monotonic() + GONE_MAX_S
    while is_alive(pid):
        assert time.monotonic() < end, f"process {pid} is left"
        time.sleep(0.02)


def is_listening(url: str) -> bool:
    port = urlsplit(url).port
    assert port is not None
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
        return True
    except OSError:
        return False


def children() -> Set[str]:
    """The processes that this one started and that were not reaped."""
    found: Set[str] = set()
    for task in os.listdir("/proc/self/task"):
        found.update(Path(f"/proc/self/task/{task}/children").read_text().split())
    return found


def run(machine: Machine, program: str) -> "subprocess.Popen[str]":
    """Starts a Python program on a machine."""
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(program)],
        env=machine.variables(),
        stdout=subprocess.PIPE,
        text=True,
        cwd=machine.root,
    )


OWNER = """
    import sys, time
    from contextlite import Client
    client = Client(roots=["."])
    client.health()
    print(client.server.pid, flush=True)
    {}
"""


@LINUX
@pytest.mark.parametrize("sent", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_a_killed_parent_leaves_no_orphan(machine: Machine, sent: signal.Signals) -> None:
    owner = run(machine, OWNER.format("time.sleep(600)"))
    assert owner.stdout is not None
    pid = int(owner.stdout.readline())
    assert is_alive(pid)
    owner.send_signal(sent)
    owner.wait()
    owner.stdout.close()
    wait_until_gone(pid)


@LINUX
@pytest.mark.parametrize("end", ["pass", "sys.exit(3)", "1 / 0", "import os; os._exit(0)"])
def test_a_program_that_ends_leaves_no_orphan(machine: Machine, end: str) -> None:
    owner = run(machine, OWNER.format(end))
    said, _ = owner.communicate(timeout=60)
    wait_until_gone(int(said))


@LINUX
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_forked_child_neither_ends_nor_keeps_the_server(machine: Machine) -> None:
    with Client(roots=[machine.root]) as client:
        client.health()
        server = client.server
        assert server is not None
        child = os.fork()
        if child == 0:
            # What a child does at its end, by sys.exit: finalizers run.
            server._stopping()
            time.sleep(1.0)
            os._exit(0)
        time.sleep(0.3)
        assert client.health().status == "healthy"
        started = time.monotonic()
        client.close()
        assert time.monotonic() - started < 0.6, "the child holds the pipe"
        wait_until_gone(server.pid)
        os.waitpid(child, 0)


@LINUX
def test_a_thousand_requests_leave_nothing(machine: Machine) -> None:
    def handles() -> int:
        return len(os.listdir("/proc/self/fd"))

    def sockets() -> int:
        """The connections of this machine's loopback that belong to this process's handles."""
        links = (f"/proc/self/fd/{fd}" for fd in os.listdir("/proc/self/fd"))
        return sum(os.path.islink(link) and "socket" in os.readlink(link) for link in links)

    with Client(roots=[machine.root]):
        pass
    gc.collect()
    before = handles(), sockets(), threading.active_count(), children()
    with Client(roots=[machine.root]) as client:
        server, url = client.server, client.url
        assert server is not None
        client.add_document("A note about retries.", "note")
        warm = (0, 0)
        for number in range(1000):
            step = number % 5
            if step == 0:
                client.assemble("retries", max_tokens=300)
            elif step == 1:
                client.search("archive", 3)
            elif step == 2:
                client.add_document(f"note {number}", "note")
            elif step == 3:
                client.get_document("note")
            else:
                with pytest.raises(contextlite.NotFoundError):
                    client.get_document("absent")
            if number == 50:
                warm = handles(), len(os.listdir(f"/proc/{server.pid}/fd"))
        assert handles() == warm[0]
        # The server opens its stores once; what it has more is of a merge that goes on.
        assert len(os.listdir(f"/proc/{server.pid}/fd")) <= warm[1] + 8
        assert sockets() <= before[1] + 1, "one thread needs one connection"
    wait_until_gone(server.pid)
    assert not is_listening(url)
    gc.collect()
    assert (handles(), sockets(), threading.active_count(), children()) == before


@LINUX
def test_a_thousand_requests_at_once_leave_nothing(machine: Machine) -> None:
    async def main() -> None:
        before = len(os.listdir("/proc/self/fd"))
        async with AsyncClient(roots=[machine.root]) as client:
            server = client.server
            assert server is not None
            for _ in range(20):
                await asyncio.gather(*(client.search("retries", 2) for _ in range(50)))
            assert len(os.listdir("/proc/self/fd")) <= before + 3 + 8, "eight idle connections"
        wait_until_gone(server.pid)
        await asyncio.sleep(0)
        assert len(os.listdir("/proc/self/fd")) == before

    asyncio.run(main())
    assert children() == set()


@LINUX
def test_servers_come_and_go(machine: Machine) -> None:
    with Client(roots=[machine.root]):
        pass
    gc.collect()
    before = len(os.listdir("/proc/self/fd")), threading.active_count()
    pids = []
    for _ in range(10):
        client = Client(roots=[machine.root])
        client.health()
        assert client.server is not None
        pids.append(client.server.pid)
        del client
        gc.collect()
    for pid in pids:
        wait_until_gone(pid)
    assert (len(os.listdir("/proc/self/fd")), threading.active_count()) == before


def test_what_is_closed_stays_closed(machine: Machine) -> None:
    client = Client(roots=[machine.root])
    server_url = client.url
    client.close()
    client.close()
    assert not is_listening(server_url)
    with pytest.raises(contextlite.ClosedError) as raised:
        client.health()
    assert raised.value.code == "CLOSED"


def test_a_server_that_does_not_start_says_why(machine: Machine) -> None:
    with pytest.raises(NotStartedError, match="absent") as raised:
        Client(roots=[machine.root / "absent"]).health()
    assert raised.value.code == "NOT_STARTED"
    with pytest.raises(NotStartedError, match="did not start"):
        Server(binary=sys.executable, roots=[machine.root])


def test_a_server_that_dies_is_told(machine: Machine) -> None:
    with Client(roots=[machine.root]) as client:
        client.health()
        assert client.server is not None
        os.kill(client.server.pid, signal.SIGKILL if os.name == "posix" else signal.SIGTERM)
        wait_until_gone(client.server.pid)
        with pytest.raises(contextlite.UnreachableError):
            client.health()


def test_nobody_else_may_ask_a_private_server(machine: Machine) -> None:
    with Client(roots=[machine.root]) as client:
        with pytest.raises(contextlite.UnauthorizedError):
            Client(client.url).health()
        with pytest.raises(contextlite.UnauthorizedError):
            Client(client.url, token="x" * 20).assemble("retries")


def test_the_users_own_settings_do_not_matter(machine: Machine) -> None:
    folder = machine.home / "config" / "contextlite"
    folder.mkdir(parents=True)
    token = machine.home / "token"
    token.write_text("the-users-own-token-of-a-server")
    token.chmod(0o600)
    (folder / "contextlite.toml").write_text(
        f'[server]\nport = 9\ntoken_file = "{token.as_posix()}"\n'
    )
    with Client(roots=[machine.root]) as client:
        assert client.assemble("retries").documents
