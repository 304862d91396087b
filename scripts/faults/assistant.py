"""An assistant as the fault scripts need one: `contextlite mcp` over its pipes."""

import json
import os
import signal
import subprocess
from pathlib import Path

from machine import binary, check

META = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientInfo": {"name": "faults", "version": "1"},
    "io.modelcontextprotocol/clientCapabilities": {},
}


class Assistant:
    """One `contextlite mcp` in a folder, asked by one thread at a time."""

    def __init__(self, machine, folder=None, before=()):
        """`before` are words of a command line that ends in starting the program."""
        self.log = open(machine.home / "assistants.log", "ab")
        self.process = subprocess.Popen(
            [*before, binary(), "mcp"], cwd=folder or machine.root, env=machine.environment,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.log,
        )
        self.asked = 0

    def send(self, tool, **arguments):
        """Asks a tool; `receive` gives the answer."""
        self.asked += 1
        params = {"name": tool, "arguments": arguments | {"format": "json"}, "_meta": META}
        message = {"jsonrpc": "2.0", "id": self.asked, "method": "tools/call", "params": params}
        self.process.stdin.write(json.dumps(message).encode() + b"\n")
        self.process.stdin.flush()

    def receive(self):
        """The answer to what was asked last, as JSON."""
        answer = json.loads(self.process.stdout.readline())
        check(answer["id"] == self.asked, f"another answer than that of {self.asked}: {answer}")
        check(not answer["result"]["isError"], f"{answer['result']}")
        return answer["result"]["structuredContent"]

    def call(self, tool, **arguments):
        """The answer of a tool."""
        self.send(tool, **arguments)
        return self.receive()

    def status(self):
        """The state of the one workspace."""
        return self.call("status")["workspaces"][0]

    def check_found(self, word, path, when):
        """The word is found in the file at the path."""
        answer = self.call("search", query=word, limit=3)
        found = [passage["path"] for passage in answer["results"] if word in passage["text"]]
        check(path in found, f"{when}: {word} of {path} is not found: {answer}")

    def check_gone(self, word, when):
        """The word is in no answer."""
        answer = self.call("search", query=word, limit=5)
        stale = [passage for passage in answer["results"] if word in passage["text"]]
        check(not stale, f"{when}: {word} is gone and yet found: {stale}")

    def memory_mb(self):
        """The memory that the process has for itself, and the most that it held with its files."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        fields = dict(line.split(":", 1) for line in status.splitlines())
        return [int(fields[name].split()[0]) // 1024 for name in ("RssAnon", "VmHWM")]

    def stop(self):
        """Keeps the process from running until `go_on`."""
        os.kill(self.process.pid, signal.SIGSTOP)

    def go_on(self):
        """Ends `stop`."""
        os.kill(self.process.pid, signal.SIGCONT)

    def end(self):
        """Ends the input; the process must end by itself."""
        self.process.stdin.close()
        check(self.process.wait(timeout=30) == 0, "an assistant did not end well")
        self.log.close()
