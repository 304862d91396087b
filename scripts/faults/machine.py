"""A machine for one fault script: a home, a repository, the real binary, and checks that speak.

Every script prints what it did, ends with exit code 0 or says what broke and ends with 1, and
leaves nothing behind. The binary is $CONTEXTLITE_BINARY, by default the release build.
"""

import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
WORDS = (
    "archive platform retry backoff request release channel window buffer cursor token budget "
    "passage document outline parser grammar symbol reader writer lock snapshot generation index "
    "query candidate feature utility selection render context session thread queue timer socket "
    "header payload digest cipher certificate account invoice customer shipment warehouse ledger"
).split()
QUESTIONS = ("how are archives retried", "LedgerCursor", "writer lock timeout", "render selection")
# No single command of these scripts takes longer, unless something hangs.
COMMAND_SECONDS_MAX = 60


def binary():
    """The program under test."""
    named = os.environ.get("CONTEXTLITE_BINARY")
    target = os.environ.get("CARGO_TARGET_DIR", REPOSITORY / "target")
    path = Path(named) if named else Path(target) / "release" / "contextlite"
    if not path.exists():
        sys.exit(f"{path} does not exist; run cargo build --release or set CONTEXTLITE_BINARY")
    return str(path.resolve())


class Broken(Exception):
    """Something did not hold."""


def check(holds, message):
    """Ends the script if a claim does not hold."""
    if not holds:
        raise Broken(message)


def source_text(random_, name):
    """A made-up program text of 2 to 6 kB."""
    lines = [f'"""The {name} module: {" ".join(random_.sample(WORDS, 5))}."""', ""]
    for _ in range(random_.randint(8, 24)):
        one, two, three = random_.sample(WORDS, 3)
        lines += [
            f"def {one}_{two}({three}, limit={random_.randint(1, 999)}):",
            f'    """Makes the {one} of a {two} from its {three}."""',
            f"    {one}{two.title()} = {three}.{random_.choice(WORDS)}(limit)",
            f"    return {one}{two.title()} or {random_.choice(WORDS)}_{random_.randint(0, 99)}",
            "",
        ]
    return "\n".join(lines)


def difference(mine, theirs, place=""):
    """The first place in which two JSON values differ."""
    if isinstance(mine, dict) and isinstance(theirs, dict) and mine.keys() == theirs.keys():
        pairs = ((f"{place}.{name}", mine[name], theirs[name]) for name in mine)
    elif isinstance(mine, list) and isinstance(theirs, list) and len(mine) == len(theirs):
        pairs = ((f"{place}[{at}]", *both) for at, both in enumerate(zip(mine, theirs)))
    else:
        return f"{place} is {str(mine)[:200]!r} and {str(theirs)[:200]!r}"
    return next(difference(one, two, where) for where, one, two in pairs if one != two)


class Machine:
    """A temporary home with a repository, in which the program is run."""

    def __init__(self, seed=1):
        self.home = Path(tempfile.mkdtemp(prefix="contextlite-fault-"))
        self.root = self.home / "work" / "repository"
        (self.root / ".git").mkdir(parents=True)
        self.random = random.Random(seed)
        self.files = []
        self.environment = {
            "HOME": str(self.home),
            "PATH": os.environ["PATH"],
            "XDG_DATA_HOME": str(self.home / "data"),
            "XDG_CONFIG_HOME": str(self.home / "config"),
        }

    def write(self, path, text):
        """Writes a file of the repository."""
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def fill(self, megabytes):
        """Writes about this many megabytes of program text."""
        written = 0
        while written < megabytes * 1_000_000:
            number = len(self.files)
            name = f"{self.random.choice(WORDS)}_{number}"
            path = f"package{number // 100}/{name}.py"
            text = source_text(self.random, name)
            self.write(path, text)
            self.files.append(path)
            written += len(text)

    def change(self, share):
        """Rewrites, removes and adds some of the files."""
        for path in self.random.sample(self.files, max(1, int(len(self.files) * share))):
            if self.random.random() < 0.2:
                (self.root / path).unlink()
                self.files.remove(path)
            else:
                self.write(path, source_text(self.random, Path(path).stem))
        for _ in range(max(1, int(len(self.files) * share * 0.3))):
            path = f"added/file_{self.random.randrange(10**9)}.py"
            self.write(path, source_text(self.random, Path(path).stem))
            self.files.append(path)

    def start(self, *arguments, **options):
        """Starts the program in the repository."""
        options = {"cwd": self.root, "stdin": subprocess.DEVNULL, "env": self.environment} | options
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        return subprocess.Popen([binary(), *arguments], **(pipes | options))

    def run(self, *arguments, **options):
        """Runs the program; its exit code, standard output and standard error."""
        process = self.start(*arguments, **options)
        try:
            out, err = process.communicate(timeout=COMMAND_SECONDS_MAX)
        except subprocess.TimeoutExpired:
            process.kill()
            raise Broken(f"{arguments} did not end in {COMMAND_SECONDS_MAX} s") from None
        err = err.decode(errors="replace")
        check("panicked" not in err, f"{arguments} panicked: {err}")
        return process.returncode, out, err

    def ok(self, *arguments, **options):
        """Runs the program, which must succeed; its standard output."""
        code, out, err = self.run(*arguments, **options)
        check(code == 0, f"{arguments} ended with {code}: {err}")
        return out

    def answers(self, *arguments):
        """What the program answers to all questions, without times and notes."""
        found = []
        for question in QUESTIONS:
            for command in (["search", "--limit", "20"], ["context", "--budget", "3000"]):
                answer = json.loads(self.ok(*command, "--json", *arguments, "--", question))
                for volatile in ("took_ms", "index_ms", "notes"):
                    answer.pop(volatile)
                found.append(answer)
        return found

    @property
    def database(self):
        """The database of the repository's index."""
        found = list((self.home / "data" / "contextlite" / "workspaces").glob("*/contextlite.db"))
        check(len(found) == 1, f"there is one database, not {found}")
        return found[0]

    @property
    def index_folder(self):
        """The folder of the full-text index."""
        return Path(f"{self.database}.index")

    def check_like(self, reference, where=""):
        """Checks that the index answers as the one in another database of the same root does."""
        other = self.answers("--database", str(reference))
        for mine, theirs in zip(self.answers(), other, strict=True):
            if mine == theirs:
                continue
            ours, others = self.committed(), self.committed(reference)
            paths = sorted(path for path in ours | others if ours.get(path) != others.get(path))
            raise Broken(
                f"{where} answers differ from those of {reference.name} for {mine['query']!r}: "
                f"{difference(mine, theirs)}; documents that differ: {paths[:10]} of "
                f"{len(ours)} and {len(others)}"
            )

    def committed(self, database=None):
        """The documents that are committed, as path and hash, read from a copy of the store.

        Only a copy, so that nothing that heals by itself is healed by this look at it.
        """
        database = database or self.database
        with tempfile.TemporaryDirectory(prefix="contextlite-copy-") as folder:
            copy = Path(folder) / "copy.db"
            for suffix in ("", "-wal"):
                file = Path(f"{database}{suffix}")
                if file.exists():
                    shutil.copyfile(file, f"{copy}{suffix}")
            connection = sqlite3.connect(copy)
            try:
                found = connection.execute("PRAGMA integrity_check").fetchone()[0]
                check(found == "ok", f"the database is damaged: {found}")
                tables = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]
                rows = "SELECT path, hash FROM documents"
                return dict(connection.execute(rows).fetchall()) if tables else {}
            finally:
                connection.close()

    def delete(self):
        """Removes the machine."""
        for folder, _, _ in os.walk(os.fsencode(self.home)):
            os.chmod(folder, 0o700)
        shutil.rmtree(os.fsencode(self.home), ignore_errors=True)


def script(faults, seed=1):
    """Runs the faults of one script, each on a machine of its own, and ends the process."""
    name = Path(sys.argv[0]).stem
    start = time.monotonic()
    for fault in faults:
        machine = Machine(seed)
        began = time.monotonic()
        try:
            said = fault(machine)
        except Broken as broken:
            print(f"{name}: BROKEN: {fault.__doc__} {broken}", flush=True)
            sys.exit(1)
        finally:
            machine.delete()
        text = f"{fault.__doc__} {said or ''}".strip()
        print(f"{name}: {text} ({time.monotonic() - began:.1f} s)", flush=True)
    print(f"{name}: passed in {time.monotonic() - start:.1f} s", flush=True)


def kill(process):
    """Kills a process as a power cut of its own would."""
    process.send_signal(signal.SIGKILL)
    process.communicate()


def unshared(*options):
    """The words before a command that give it namespaces of its own."""
    words = ["unshare", *options]
    if sys.platform != "linux" or not shutil.which("unshare"):
        sys.exit("this script needs Linux with unshare (util-linux), for what it breaks")
    if subprocess.run([*words, "true"]).returncode:
        sys.exit(
            "this user may have no namespaces; run the script as root, or on Ubuntu allow them with "
            "`sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0`"
        )
    return words


def in_namespace(shell, *arguments):
    """The command that runs `shell` in a mount namespace of its own, `$@` being `arguments`."""
    return [*unshared("-m" if os.geteuid() == 0 else "-rm"), "sh", "-ec", shell, "sh", *arguments]
