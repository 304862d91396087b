"""Makes a release of one binary, for the checks of channels: release.py BINARY PROJECT <PLAN.

The archive for this machine is what a user gets; those for other platforms hold the same bytes.
"""

import gzip
import hashlib
import io
import json
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

binary, project = Path(sys.argv[1]), Path(sys.argv[2])
folder = project / "dist/release"
folder.mkdir(parents=True)

papers = {name: (project / name).read_bytes() for name in ("README.md", "LICENSE")}
papers["THIRD-PARTY-NOTICES.txt"] = b"for a check only\n"
shells = {"bash": "contextlite.bash", "fish": "contextlite.fish", "zsh": "_contextlite"}
for shell, name in shells.items():
    said = subprocess.run([binary, "completions", shell], check=True, capture_output=True)
    papers[f"completions/{name}"] = said.stdout
with tempfile.TemporaryDirectory() as pages:
    subprocess.run([binary, "man", "--out", pages], check=True, capture_output=True)
    for page in sorted(Path(pages).iterdir()):
        papers[f"man/{page.name}"] = page.read_bytes()


def tar_gz(members):
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w") as archive:
        for name, content in sorted(members.items()):
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(content), 0o755 if name == "contextlite" else 0o644
            archive.addfile(entry, io.BytesIO(content))
    return gzip.compress(raw.getvalue(), 1, mtime=0)


def zipped(members):
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, content in sorted(members.items()):
            archive.writestr(name, content)
    return raw.getvalue()


program = binary.read_bytes()
unix = tar_gz({**papers, "contextlite": program})
windows = zipped({**papers, "contextlite.exe": program})
plan = json.load(sys.stdin)
entries = []
for artifact in plan["artifacts"]:
    name, kind = artifact["name"], artifact["kind"]
    if kind == "manifest":
        continue
    if kind == "archive":
        content = windows if name.endswith(".zip") else unix
    else:
        content = f"for a check only: {name}\n".encode()
    (folder / name).write_bytes(content)
    entries.append(
        {
            "name": name,
            "kind": kind,
            "target": None,
            "os": artifact.get("os"),
            "arch": artifact.get("arch"),
            "size": len(content),
            "sha256": hashlib.sha256(content).hexdigest(),
        }
    )
manifest = {
    "schema": 1,
    "name": plan["name"],
    "version": plan["version"],
    "tag": plan["tag"],
    "commit": "0" * 40,
    "rust_version": "0.0.0",
    "artifacts": sorted(entries, key=lambda entry: entry["name"]),
}
(folder / "release-manifest.json").write_text(json.dumps(manifest, indent=2) + "\n")
