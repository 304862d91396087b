#!/usr/bin/env python3
"""Kills a server while documents are written, again and again: server_kill.py [ROUNDS] [SEED].

Four clients put, replace and delete documents over HTTP. After each kill a new server on the same
database must hold exactly what was acknowledged: every document in its last acknowledged state,
where the one request that was under way for it may have happened or not; and a search finds each.
"""

import http.client
import json
import random
import sys
import threading
import time
from urllib.parse import quote, urlsplit

from machine import WORDS, check, kill, script

ROUNDS = int(sys.argv[1]) if 1 < len(sys.argv) else 5
SEED = int(sys.argv[2]) if 2 < len(sys.argv) else random.randrange(10**6)
CLIENTS = 4
DOCUMENTS_PER_CLIENT = 30


class Server:
    """A server on the machine's data folder."""

    def __init__(self, machine):
        self.process = machine.start("serve", "--no-root", "--port", "0")
        line = self.process.stdout.readline().decode()
        check(line.startswith("listening on "), f"the server said {line!r}")
        self.address = urlsplit(line.removeprefix("listening on ").strip()).netloc

    def connection(self):
        """A connection of one client."""
        return http.client.HTTPConnection(self.address, timeout=30)


def ask(connection, method, path, body=None):
    """The status and the answer of a request."""
    headers = {"Content-Type": "application/json"} if body is not None else {}
    connection.request(method, path, None if body is None else json.dumps(body), headers)
    response = connection.getresponse()
    return response.status, json.loads(response.read())


class Client(threading.Thread):
    """Writes documents of its own until the server dies; knows what was acknowledged."""

    def __init__(self, server, number, known, seed):
        super().__init__()
        self.server, self.number, self.known = server, number, known
        self.random = random.Random(seed)
        self.under_way = None
        self.acknowledged = 0
        self.wrong = None

    def run(self):
        connection = self.server.connection()
        try:
            while True:
                self.act(connection)
        except (OSError, http.client.HTTPException, ValueError):
            pass  # the server died

    def act(self, connection):
        id_ = f"c{self.number}/{self.random.randrange(DOCUMENTS_PER_CLIENT)}"
        path = "/api/v1/documents/" + quote(id_)
        if id_ in self.known and self.random.random() < 0.2:
            self.under_way = (id_, None)
            status, answer = ask(connection, "DELETE", path)
            expected = 200
        else:
            content = " ".join(self.random.choices(WORDS, k=12)) + f" {self.random.randrange(10**9)}"
            self.under_way = (id_, content)
            status, answer = ask(connection, "PUT", path, {"content": content})
            expected = 200 if id_ in self.known else 201
        if status != expected:
            self.wrong = f"{id_}: {status} {answer}"
        id_, content = self.under_way
        if content is None:
            self.known.pop(id_, None)
        else:
            self.known[id_] = content
        self.under_way = None
        self.acknowledged += 1


def killed_under_writes(machine):
    """a server is killed while documents are written;"""
    known = [{} for _ in range(CLIENTS)]
    acknowledged = 0
    for number in range(ROUNDS):
        server = Server(machine)
        clients = [Client(server, at, known[at], SEED + number * CLIENTS + at) for at in range(CLIENTS)]
        for client in clients:
            client.start()
        time.sleep(0.2 + 0.8 * machine.random.random())
        kill(server.process)
        for client in clients:
            client.join()
            check(client.wrong is None, f"round {number}: {client.wrong}")
            acknowledged += client.acknowledged
        server = Server(machine)
        connection = server.connection()
        for client in clients:
            compare(connection, client)
        total = ask(connection, "GET", "/api/v1/documents?limit=1")[1]["total"]
        check(total == sum(map(len, known)), f"{total} documents, not {sum(map(len, known))}")
        kill(server.process)
    check(ROUNDS * CLIENTS < acknowledged, "hardly anything was written")
    return f"{ROUNDS} times, all {acknowledged} acknowledged writes were there (seed {SEED})"


def compare(connection, client):
    """Every document of a client is as it was acknowledged last, or as it was being made."""
    maybe = client.under_way
    ids = set(client.known) | ({maybe[0]} if maybe else set())
    for id_ in sorted(ids):
        status, answer = ask(connection, "GET", "/api/v1/documents/" + quote(id_))
        found = answer["content"] if status == 200 else None
        accepted = [client.known.get(id_)] + ([maybe[1]] if maybe and maybe[0] == id_ else [])
        check(found in accepted, f"{id_} is {found!r}, which is none of {accepted!r}")
        if found is None:
            client.known.pop(id_, None)
        else:
            client.known[id_] = found
    for id_, content in list(client.known.items())[:3]:
        answer = ask(connection, "GET", "/query?q=" + quote(content))[1]
        check(id_ in [each["id"] for each in answer["documents"]], f"{id_} is not found")


script([killed_under_writes], SEED)
