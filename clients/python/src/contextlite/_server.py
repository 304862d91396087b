"""A private server: a process that lives as long as its owner, and no longer.

It takes a free port of this machine and a token that nobody else knows. It stops when its standard
input ends; the other end of that pipe is held by this process alone, so the operating system closes
it however this process ends, even by SIGKILL.
"""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
import tempfile
import threading
import weakref
from collections import deque
from pathlib import Path
from typing import IO, Any, Deque, List, Mapping, Optional, Sequence, Union

from . import _binary
from ._errors import BinaryNotFoundError, NotStartedError

PathLike = Union[str, "os.PathLike[str]"]

#: How long a server may take until it listens; an old store may have to be healed.
_START_MAX_S = 60.0
#: How long it may take to end its work before it is ended.
_STOP_MAX_S = 10.0
#: The lines of its log that are kept, for the message when it does not start.
_LOG_LINES_MAX = 20


class Server:
    """A running private server.

    Args:
        roots: The folders that questions are about if they name none. With none, questions are
            about stored documents and what a request names below the home folder.
        database: The file for documents and indexes; the platform's data folder by default.
        binary: The program, if not the installed one.
        environment: Variables for the process beside those of this one.

    Raises:
        BinaryNotFoundError: The program is not installed, or of another version than this package.
        NotStartedError: It does not start; the message is what it said.
    """

    def __init__(
        self,
        *,
        roots: Sequence[PathLike] = (),
        database: Optional[PathLike] = None,
        binary: Optional[PathLike] = None,
        environment: Optional[Mapping[str, str]] = None,
    ) -> None:
        program = _binary.find(binary)
        self.token: str = secrets.token_urlsafe(32)
        handle, token_file = tempfile.mkstemp(prefix="contextlite-")
        try:
            with os.fdopen(handle, "w") as file:
                file.write(self.token)
            arguments = [str(program), "serve", "--json", "--host", "127.0.0.1", "--port", "0"]
            arguments += ["--stop-with-stdin", "--token-file", token_file]
            for root in roots:
                arguments += ["--root", os.fspath(root)]
            if not roots:
                arguments.append("--no-root")
            if database is not None:
                arguments += ["--database", os.fspath(database)]
            self._process = _started(arguments, environment)
            self._log = _Log(self._process)
            self._stopping = weakref.finalize(self, _stop, self._process, self._log, os.getpid())
            _running.add(self)
            ready = self._wait()
        finally:
            os.unlink(token_file)
        self.url: str = ready["url"]
        self.version: str = ready["version"]
        self.pid: int = self._process.pid
        if not _binary.is_chosen(binary) and not _is_ours(self.version):
            self.stop()
            raise BinaryNotFoundError(
                f"{program} is version {self.version}, this package is {_binary.version()}; "
                "`pip install --force-reinstall contextlite` mends it",
                code="NO_BINARY",
            )

    def stop(self) -> None:
        """Ends the server and waits until it is gone; doing so again does nothing."""
        self._stopping()

    @property
    def is_running(self) -> bool:
        """Whether the process lives."""
        return self._process.poll() is None

    def __enter__(self) -> "Server":
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _wait(self) -> Any:
        """Waits for the line that says where it listens."""
        output = self._process.stdout
        assert output is not None
        lines: List[bytes] = []
        reader = threading.Thread(target=lambda: lines.append(output.readline()), daemon=True)
        reader.start()
        reader.join(_START_MAX_S)
        try:
            ready = json.loads(lines[0])
            if isinstance(ready["url"], str) and isinstance(ready["version"], str):
                return ready
        except (IndexError, ValueError, KeyError, TypeError):
            pass
        is_slow = reader.is_alive()
        self.stop()
        said = self._log.text() or "it said nothing"
        what = f"did not listen within {_START_MAX_S:.0f} s" if is_slow else "did not start"
        raise NotStartedError(f"the contextlite server {what}: {said}", code="NOT_STARTED")


class _Log:
    """Reads what a process says, so that it can never wait for a reader, and keeps the end."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        self._lines: Deque[str] = deque(maxlen=_LOG_LINES_MAX)
        assert process.stderr is not None
        self._reader = threading.Thread(target=self._read, args=(process.stderr,), daemon=True)
        self._reader.start()

    def _read(self, stream: IO[bytes]) -> None:
        with stream:
            for line in stream:
                self._lines.append(line.decode("utf-8", "replace").rstrip())

    def join(self) -> None:
        """Waits until all was read; the process has to be gone."""
        self._reader.join(_STOP_MAX_S)

    def text(self) -> str:
        """The last lines; of a failure that is JSON, its sentence."""
        text = "\n".join(self._lines)
        try:
            return str(json.loads(text)["error"])
        except (ValueError, KeyError, TypeError):
            return text


#: The servers of this process, whose pipes a forked child must not hold open.
_running: "weakref.WeakSet[Server]" = weakref.WeakSet()


def _started(
    arguments: List[str], environment: Optional[Mapping[str, str]]
) -> "subprocess.Popen[bytes]":
    variables = {**os.environ, **(environment or {})}
    # A key that interrupts this program is not meant for the server, which ends with its input.
    flags = 0
    if sys.platform == "win32":
        flags = subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW
    try:
        return subprocess.Popen(
            arguments,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=variables,
            start_new_session=os.name == "posix",
            creationflags=flags,
        )
    except OSError as error:
        message = f"{Path(arguments[0])} cannot be run: {error}"
        raise NotStartedError(message, code="NOT_STARTED") from error


def _stop(process: "subprocess.Popen[bytes]", log: _Log, owner: int) -> None:
    """Ends a process, by force if need be; a forked child, which is not its owner, does not."""
    if os.getpid() != owner:
        return
    assert process.stdin is not None and process.stdout is not None
    try:
        process.stdin.close()
    except OSError:
        pass
    for end in (None, process.terminate, process.kill):
        if end is not None:
            end()
        try:
            process.wait(_STOP_MAX_S)
            break
        except subprocess.TimeoutExpired:
            continue
    log.join()
    process.stdout.close()


def _is_ours(version: str) -> bool:
    """Whether a version of the program is that of the package, which spells prereleases shorter."""
    spelt = version.replace("-alpha.", "a").replace("-beta.", "b").replace("-rc.", "rc")
    return spelt == _binary.version()


def _forked() -> None:
    """Lets go of the pipes in a forked child, so that the servers end with their owner."""
    for server in list(_running):
        stream = server._process.stdin
        if stream is not None:
            try:
                stream.close()
            except OSError:
                pass


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forked)
