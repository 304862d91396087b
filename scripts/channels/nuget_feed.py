"""A package feed of this machine that speaks NuGet's second protocol: nuget_feed.py FOLDER PORT KEY.

Enough for `nuget push` and `nuget install`. It is strict where the real ones are: a key that is not
the one is refused (403), and so is a version that is there (409).
"""

import base64
import hashlib
import io
import re
import sys
import zipfile
from email import message_from_bytes
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

folder, port, key = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
folder.mkdir(parents=True, exist_ok=True)
here = f"http://127.0.0.1:{port}/api/v2"
names = (
    'xmlns="http://www.w3.org/2005/Atom" '
    'xmlns:d="http://schemas.microsoft.com/ado/2007/08/dataservices" '
    'xmlns:m="http://schemas.microsoft.com/ado/2007/08/dataservices/metadata"'
)


def package_in(body, kind):
    """The zip in a form; old clients send more behind its end than belongs to it."""
    form = message_from_bytes(b"Content-Type: " + kind.encode() + b"\r\n\r\n" + body)
    (part,) = form.get_payload()
    content = part.get_payload(decode=True)
    end = content.rfind(b"PK\x05\x06")
    return content[: end + 22 + int.from_bytes(content[end + 20 : end + 22], "little")]


def identity(content):
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        (manifest,) = [name for name in archive.namelist() if name.endswith(".nuspec")]
        text = archive.read(manifest).decode("utf-8-sig")
    return tuple(re.search(f"<{tag}>([^<]*)</{tag}>", text)[1] for tag in ("id", "version"))


def entry(path):
    content = path.read_bytes()
    name, version = identity(content)
    digest = base64.b64encode(hashlib.sha512(content).digest()).decode()
    properties = {
        "Version": version,
        "IsLatestVersion": "true",
        "IsAbsoluteLatestVersion": "true",
        "PackageHash": digest,
        "PackageHashAlgorithm": "SHA512",
        "PackageSize": str(len(content)),
        "Dependencies": "",
    }
    inner = "".join(f"<d:{tag}>{value}</d:{tag}>" for tag, value in properties.items())
    return (
        f"<entry {names}><id>{here}/Packages(Id='{name}',Version='{version}')</id>"
        f'<title type="text">{name}</title>'
        f'<content type="application/zip" src="{here}/package/{name}/{version}"/>'
        f"<m:properties>{inner}</m:properties></entry>"
    )


class Feed(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def say(self, status, body=b"", kind="text/plain"):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def body(self):
        if "chunked" not in self.headers.get("Transfer-Encoding", ""):
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        chunks = b""
        while size := int(self.rfile.readline().split(b";")[0], 16):
            chunks += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return chunks

    def do_PUT(self):
        body = self.body()
        if self.headers.get("X-NuGet-ApiKey") != key:
            return self.say(403, b"The specified API key does not provide the authority to push.")
        content = package_in(body, self.headers["Content-Type"])
        path = folder / "{}.{}.nupkg".format(*identity(content))
        if path.exists():
            return self.say(409, b"A package with this id and version already exists.")
        path.write_bytes(content)
        return self.say(201)

    def do_GET(self):
        target = unquote(urlsplit(self.path).path)
        if found := re.fullmatch("/api/v2/package/([^/]+)/([^/]+)", target):
            path = folder / "{}.{}.nupkg".format(*found.groups())
            return self.say(200, path.read_bytes(), "application/zip") if path.exists() else self.say(404)
        if found := re.fullmatch(r"/api/v2/Packages\(Id='([^']+)',Version='([^']+)'\)", target):
            path = folder / "{}.{}.nupkg".format(*found.groups())
            if not path.exists():
                return self.say(404)
            return self.say(200, entry(path).encode(), "application/atom+xml;type=entry")
        if target in ("/api/v2/FindPackagesById()", "/api/v2/Search()", "/api/v2/Packages()"):
            entries = "".join(entry(path) for path in sorted(folder.glob("*.nupkg")))
            feed = f"<feed {names}><id>{here}</id>{entries}</feed>"
            return self.say(200, feed.encode(), "application/atom+xml;type=feed")
        return self.say(200 if target.rstrip("/") in ("", "/api/v2") else 404)

    do_HEAD = do_GET


ThreadingHTTPServer(("127.0.0.1", port), Feed).serve_forever()
