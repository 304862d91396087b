"""Checks what is for Windows: windows.py scoop|winget|chocolatey RENDERED FILES [PACKED].

The channels' own schemas refuse a key that they do not know; so here every key is looked at, and
has to be one that the schema has. Then what the manifest points at is taken from FILES: it has to
have the digest that is written down and to hold the program under the name that is written down.
PACKED is the package that NuGet's own client makes of the same files.
"""

import hashlib
import json
import os
import re
import sys
import zipfile
from xml.etree import ElementTree
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
    import yaml

    manifests = {}
    for path in rendered.rglob("*.yaml"):
        manifest = yaml.load(path.read_text(), Loader=yaml.BaseLoader)
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


def metadata(text):
    """The fields of a .nuspec, whatever the namespace of its version."""
    (inner,) = ElementTree.fromstring(text)
    return {field.tag.rsplit("}", 1)[1]: (field.text or "").strip() for field in inner}


def chocolatey():
    (path,) = rendered.glob("*.nupkg")
    package, packed = zipfile.ZipFile(path), zipfile.ZipFile(sys.argv[4])
    ours, theirs = (
        {name for name in archive.namelist() if not name.endswith((".psmdcp", ".rels"))}
        for archive in (package, packed)
    )
    demand(ours == theirs, f"nuget packs {sorted(theirs)}, not {sorted(ours)}")
    (manifest,) = [name for name in ours if name.endswith(".nuspec")]
    fields = metadata(package.read(manifest).decode())
    # The client is older than some fields and leaves out what it does not know.
    for field, value in metadata(packed.read(manifest).decode()).items():
        demand(fields.get(field) == value, f"nuget reads another {field}: {value!r}")
    for name in sorted(ours - {manifest}):
        if name.startswith("tools/"):
            demand(package.read(name) == packed.read(name), f"{name} differs")
            demand(package.read(name).isascii(), f"{name} is not plain, and would need a mark")

    # What the validator asks, with the number of its rule where that is known.
    rules = {
        "tags": 0 < len(fields["tags"]),
        "tags have no commas": "," not in fields["tags"],
        "CPMR0005, 0006 nothing is embedded": not any(n.endswith(".exe") for n in ours),
        "a copyright of 4 letters": 4 <= len(fields["copyright"]),
        "a description of 30 to 4000": 30 <= len(fields["description"]) <= 4000,
        "projectUrl": fields["projectUrl"].startswith("https://"),
        "authors": fields["authors"] != "",
        "owners": fields["owners"] != "",
        "no prerelease": "-" not in fields["version"],
        "a summary": 0 < len(fields["summary"]) < 256,
        "a title that is not the id": fields["title"].lower() != fields["id"].lower(),
        "licenseUrl": fields["licenseUrl"].startswith("https://"),
        "CPMR0033 iconUrl": fields["iconUrl"].startswith("https://"),
        "CPMR0076 no raw picture of GitHub": "github" not in fields["iconUrl"].split("/")[2],
        "packageSourceUrl": fields["packageSourceUrl"].startswith("https://"),
        "CPMR0041 another projectSourceUrl": fields["projectSourceUrl"] != fields["projectUrl"],
        "releaseNotes": fields["releaseNotes"] != "",
    }
    for rule, is_kept in rules.items():
        demand(is_kept, f"{manifest}: {rule}")

    script = package.read("tools/chocolateyinstall.ps1").decode()
    urls = re.findall(r"\['url64bit'\] = '([^']+)'", script)
    digests = re.findall(r"\['checksum64'\] = '([0-9a-f]{64})'", script)
    demand("checksumType64 = 'sha256'" in script, "the sort of checksum is not said")
    demand(len(urls) == len(digests) == 2, "not two downloads with their SHA-256")
    demand([url.rsplit("-", 1)[1] for url in urls] == ["arm64.zip", "amd64.zip"], "processors")
    for url, digest in zip(urls, digests):
        points_at(url, digest, f"{fields['id']}.exe")
    return (
        f"nuget pushed and installed {path.name}, which has what the validator asks and points at "
        "what was released"
    )


said = {"scoop": scoop, "winget": winget, "chocolatey": chocolatey}[channel]()
for fault in faults:
    print(fault, file=sys.stderr)
if faults:
    sys.exit(1)
print(said)
