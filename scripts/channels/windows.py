"""Checks the manifests of Scoop and Winget: windows.py scoop|winget RENDERED FILES.

The channels' own schemas refuse a key that they do not know; so here every key is looked at, and
has to be one that the schema has. Then what the manifest points at is taken from FILES: it has to
have the digest that is written down and to hold the program under the name that is written down.
"""

import hashlib
import json
import os
import re
import sys
import zipfile
from pathlib import Path

channel, rendered, files = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
published = os.environ["PUBLISHED"]
faults = []


def demand(is_so, fault):
    if not is_so:
        faults.append(fault)


def only(table, known, place):
    for key in table:
        demand(key in known, f"{place}: unknown key {key}")


def points_at(url, sha256, program):
    demand(url.startswith(published + "/"), f"{url} is not below {published}")
    path = files / url.rsplit("/", 1)[1]
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    demand(found == sha256.lower(), f"{path.name} has another SHA-256")
    demand(program in zipfile.ZipFile(path).namelist(), f"{path.name} has no {program}")


def scoop():
    (path,) = (rendered / "bucket").glob("*.json")
    manifest = json.loads(path.read_text())
    known = "version description homepage license architecture bin checkver autoupdate".split()
    only(manifest, known, path.name)
    for key in ("version", "homepage", "license"):
        demand(isinstance(manifest.get(key), str), f"{key} is missing")
    demand(set(manifest["architecture"]) == {"64bit", "arm64"}, "other processors")
    for name, entry in manifest["architecture"].items():
        only(entry, ("url", "hash"), name)
        demand(re.fullmatch("[0-9a-f]{64}", entry["hash"]), f"{name}: no SHA-256")
        points_at(entry["url"], entry["hash"], manifest["bin"])
        later = manifest["autoupdate"]["architecture"][name]["url"]
        now = later.replace("$version", manifest["version"])
        demand(now == entry["url"], f"{name}: autoupdate would look at {now}")
    only(manifest["autoupdate"], ("architecture", "hash"), "autoupdate")
    only(manifest["autoupdate"]["hash"], ("url",), "autoupdate.hash")
    return f"Scoop's manifest of {manifest['version']} points at what was released"


def winget():
    from ruamel.yaml import YAML

    yaml = YAML(typ="base")
    manifests = {}
    for path in rendered.rglob("*.yaml"):
        manifest = yaml.load(path.read_text())
        kind = manifest["ManifestType"]
        demand(f"winget-manifest.{kind}.1.12.0" in path.read_text(), f"{path.name}: no schema")
        manifests[kind] = (path, manifest)
    demand(set(manifests) == {"version", "installer", "defaultLocale"}, "not three manifests")
    common = {"PackageIdentifier", "PackageVersion", "ManifestType", "ManifestVersion"}
    known = {
        "version": {"DefaultLocale"},
        "installer": {
            "InstallerType", "NestedInstallerType", "NestedInstallerFiles", "Installers",
            "ReleaseDate",
        },
        "defaultLocale": {
            "PackageLocale", "Publisher", "PublisherUrl", "PublisherSupportUrl", "PackageName",
            "PackageUrl", "License", "LicenseUrl", "ShortDescription", "Moniker",
            "ReleaseNotesUrl",
        },
    }
    identifiers = set()
    for kind, (path, manifest) in manifests.items():
        only(manifest, common | known[kind], path.name)
        demand(manifest["ManifestVersion"] == "1.12.0", f"{path.name}: another version")
        identifiers.add((manifest["PackageIdentifier"], manifest["PackageVersion"]))
    ((identifier, version),) = identifiers
    publisher, name = identifier.split(".", 1)
    folder = Path("manifests") / publisher[0].lower() / publisher / name / version
    for path, _ in manifests.values():
        demand(path.parent == rendered / folder, f"{path.name} is not in {folder}")
    installer, locale = manifests["installer"][1], manifests["defaultLocale"][1]
    (nested,) = installer["NestedInstallerFiles"]
    demand({i["Architecture"] for i in installer["Installers"]} == {"x64", "arm64"}, "processors")
    for entry in installer["Installers"]:
        only(entry, ("Architecture", "InstallerUrl", "InstallerSha256"), "Installers")
        demand(re.fullmatch("[0-9A-F]{64}", entry["InstallerSha256"]), "no SHA-256 in capitals")
        points_at(entry["InstallerUrl"], entry["InstallerSha256"], nested["RelativeFilePath"])
    demand(3 <= len(locale["ShortDescription"]) <= 256, "ShortDescription has another length")
    return f"Winget's manifests of {version} point at what was released"


said = {"scoop": scoop, "winget": winget}[channel]()
for fault in faults:
    print(fault, file=sys.stderr)
if faults:
    sys.exit(1)
print(said)
