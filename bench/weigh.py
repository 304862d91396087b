#!/usr/bin/env python3
"""Says what each part of the shipped binary weighs; bench/speed runs it.

usage: weigh.py MAP BINARY

MAP is the linker's map of BINARY (`-Wl,-Map`), as GNU ld or LLVM's lld writes it: one line for each
piece of an object file with its size. A piece counts for the crate that its archive, or its symbol
where the whole program was optimised together, names. BINARY has its symbols stripped; it is
packed with gzip and xz as a release would be. Last come the times of `BINARY --version`.
"""

import gzip
import lzma
import os
import re
import subprocess
import sys
import time
from collections import Counter

VERSION_RUNS = 40
# lld: VMA LMA Size Align In, the last as FILE:(SECTION); GNU ld: SECTION VMA Size FILE.
LLD_PIECE = re.compile(r"^ *[0-9a-f]+ +[0-9a-f]+ +([0-9a-f]+) +\d+ +(\S.*):\((\S*)\)$")
GNU_PIECE = re.compile(r"^ (\.\S+)\s+0x([0-9a-f]+)\s+0x([0-9a-f]+)\s+(\S.*)$")
PARTS = (
    ("tree-sitter-runtime", ("tree_sitter", "tree_sitter_language")),
    ("SQLite", ("libsqlite3_sys", "rusqlite")),
    ("tantivy", ("tantivy",)),
    ("git history (gix)", ("gix",)),
    ("command line (clap)", ("clap",)),
    ("ContextLite itself", ("contextlite",)),
    ("standard library", ("std", "core", "alloc", "compiler_builtins", "hashbrown", "memchr")),
)
# Pieces of these sections take no room in the file.
NOT_IN_FILE = (".bss", ".tbss", ".debug", ".symtab", ".strtab")


def pieces(path):
    """Size, object file and section of each piece."""
    with open(path, encoding="utf-8", errors="replace") as file:
        text = file.read()
    # GNU ld breaks the line after a long section name.
    text = re.sub(r"^ (\.\S+)\n +0x", r" \1 0x", text, flags=re.M)
    for line in text.splitlines():
        if found := LLD_PIECE.match(line):
            yield int(found[1], 16), found[2], found[3]
        elif (found := GNU_PIECE.match(line)) and found[2].strip("0"):
            yield int(found[3], 16), found[4], found[1]


def crate_of(file, section):
    """The crate that a piece belongs to, by its symbol, else by its archive."""
    if symbol := re.search(r"_ZN(?:\d+_\$LT\$)?.*?(\d+)([a-z_][a-z0-9_]*)", section):
        return symbol[2][: int(symbol[1])]
    if symbol := re.search(r"_R\w*?C[a-zA-Z0-9]*_(\d+)([a-z_][a-z0-9_]*)", section):
        return symbol[2][: int(symbol[1])]
    archive = re.search(r"lib([a-zA-Z0-9_]+)-[0-9a-f]+\.rlib", file)
    if archive:
        return archive[1]
    return re.sub(r"[.-].*", "", os.path.basename(file))


def part_of(crate):
    if crate.startswith("tree_sitter_") and crate != "tree_sitter_language":
        return "grammar: " + crate.removeprefix("tree_sitter_").removesuffix("_ng")
    for part, names in PARTS:
        if any(crate == name or crate.startswith(name + "_") for name in names):
            return part
    return "other libraries"


def main():
    map_file, binary = sys.argv[1:]
    with open(binary, "rb") as file:
        content = file.read()
    sizes = Counter()
    for size, file, section in pieces(map_file):
        if not section.startswith(NOT_IN_FILE):
            sizes[part_of(crate_of(file, section))] += size
    for name in ("o200k", "cl100k"):
        path = os.path.join(os.path.dirname(__file__), f"../crates/engine/src/token/{name}.vocabulary")
        sizes[f"vocabulary: {name}"] = os.path.getsize(path)
        sizes["ContextLite itself"] -= os.path.getsize(path)
    print("| part | MB |\n| --- | --- |")
    for part, size in sizes.most_common():
        print(f"| {part} | {size / 1e6:.2f} |")
    rest = len(content) - sum(sizes.values())
    print(f"| headers, relocations, unwinding tables | {rest / 1e6:.2f} |")
    print("\n| | measured | aim |\n| --- | --- | --- |")
    print(f"| binary, MB | {len(content) / 1e6:.1f} | <= 45 |")
    print(f"| packed with gzip, MB | {len(gzip.compress(content, 9)) / 1e6:.1f} | <= 20 |")
    print(f"| packed with xz, MB | {len(lzma.compress(content, preset=9)) / 1e6:.1f} | <= 20 |")
    print(f"| `contextlite --version`, ms | {version_ms(binary):.1f} | <= 10 |")


def version_ms(binary):
    times = []
    for _ in range(VERSION_RUNS):
        started = time.monotonic()
        subprocess.run([binary, "--version"], check=True, stdout=subprocess.DEVNULL)
        times.append((time.monotonic() - started) * 1e3)
    return min(times)


if __name__ == "__main__":
    main()
