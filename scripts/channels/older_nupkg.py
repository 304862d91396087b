"""Writes a package for a client that knows only older schemas: older_nupkg.py PACKAGE OUT.

Debian's `nuget` is of 2014 and refuses the schema of 2015, and fields that only Chocolatey has.
Every part stays as it is, in its place and order, but for the manifest, which loses these.
"""

import re
import sys
import zipfile

OF_CHOCOLATEY = "packageSourceUrl projectSourceUrl docsUrl bugTrackerUrl"

with zipfile.ZipFile(sys.argv[1]) as package, zipfile.ZipFile(sys.argv[2], "w") as older:
    for part in package.infolist():
        content = package.read(part)
        if part.filename.endswith(".nuspec"):
            text = content.decode()
            now = text.replace("/2015/06/nuspec.xsd", "/2013/01/nuspec.xsd")
            for field in OF_CHOCOLATEY.split():
                now, count = re.subn(f" *<{field}>.*</{field}>\n", "", now)
                assert count == 1, field
            assert now != text
            content = now.encode()
        older.writestr(part, content)
