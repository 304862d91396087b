"""Compares a VSIX with one that vsce packed of the same files: `compare.py OURS THEIRS`, unpacked.

Equal must be: the files and their bytes, and of the manifest every property, asset, tag and text. The
order and the form of XML do not matter, nor does the case of a file name that vsce writes lower.
"""

import sys
from pathlib import Path
from xml.etree import ElementTree


def files(folder):
    """The files of the extension by their names in lower case."""
    found = (path for path in folder.rglob("*") if path.is_file())
    named = {str(path.relative_to(folder)).lower(): path.read_bytes() for path in found}
    return {name: text for name, text in named.items() if name.startswith("extension/")}


def facts(folder):
    """Everything that the manifest says, as a set of lines."""
    lines = set()
    for element in ElementTree.parse(folder / "extension.vsixmanifest").iter():
        name = element.tag.rsplit("}", 1)[-1]
        values = sorted((key, value.lower() if key == "Path" else value) for key, value in element.items())
        text = (element.text or "").strip()
        if name == "Tags":
            text = ",".join(sorted(text.split(",")))
        if name in ("License", "Icon"):
            text = text.lower()
        lines.add(f"{name} {values} {text}")
    return lines


def kinds(folder):
    """The kind of content by extension."""
    root = ElementTree.parse(folder / "[Content_Types].xml").getroot()
    return {each.get("Extension"): each.get("ContentType") for each in root}


def main(ours, theirs):
    problems = []
    ours_files, theirs_files = files(ours), files(theirs)
    problems += [f"only ours: {name}" for name in ours_files.keys() - theirs_files.keys()]
    problems += [f"only theirs: {name}" for name in theirs_files.keys() - ours_files.keys()]
    for name in ours_files.keys() & theirs_files.keys():
        # vsce makes addresses of the links of these two, as packing has done already.
        if name.endswith(("/readme.md", "/changelog.md")):
            continue
        if ours_files[name] != theirs_files[name]:
            problems.append(f"other bytes: {name}")
    problems += [f"only our manifest says: {line}" for line in facts(ours) - facts(theirs)]
    problems += [f"only their manifest says: {line}" for line in facts(theirs) - facts(ours)]
    ours_kinds = kinds(ours)
    for extension, kind in kinds(theirs).items():
        if ours_kinds.get(extension) != kind:
            problems.append(f"{extension} is {ours_kinds.get(extension)}, with vsce {kind}")
    if problems:
        sys.exit("\n".join(sorted(problems)))
    print(f"{len(ours_files)} files and {len(facts(ours))} facts are the same")


main(Path(sys.argv[1]), Path(sys.argv[2]))
