// The client as it is installed, with a server of its own: everything that it can be asked.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import {
  ConnectionError,
  ContextLite,
  ContextLiteError,
  ServerError,
  StartError,
  binaryPath,
} from "contextlite";
import { repository, scratch } from "./machine.mjs";

const root = repository();
const database = join(scratch(), "documents.db");
let lite;
before(async () => {
  lite = await ContextLite.start({ roots: [root] });
});
after(() => lite.close());

test("a folder is indexed, and the run can be watched", async () => {
  const seen = [];
  const run = await lite.indexWorkspace(root, { onProgress: (now) => seen.push(now.state) });
  assert.equal(run.state, "done");
  assert.equal(run.documents, 3);
  assert.equal(seen.at(-1), "done");
});

test("a question is answered within its budget, with the text of the command line", async () => {
  const question = "how are retries done";
  const answer = await lite.assemble(question, { max_tokens: 300, explain: true });
  assert.ok(answer.total_tokens <= 300);
  assert.equal(answer.smt_metrics.status, "optimal");
  const [best] = answer.documents;
  assert.equal(typeof best.features.relevance, "number");
  const lines = readFileSync(join(best.root, best.path), "utf8").split("\n");
  const cited = lines.slice(best.start_line - 1, best.end_line).join("\n");
  assert.equal(best.content.trimEnd(), cited.trimEnd(), "a citation reads back");

  const printed = execFileSync(
    binaryPath(),
    ["context", question, "--root", root, "--budget", "300"],
    { encoding: "buffer", stdio: ["ignore", "pipe", "ignore"] },
  );
  assert.deepEqual(Buffer.from(answer.context), printed);
});

test("the command line's text, for each question and budget", async () => {
  for (const question of [
    "archive_name",
    "retry limit five",
    "src/archive.py",
    "überhaupt nichts",
  ]) {
    for (const budget of [60, 200, 4000]) {
      const { context } = await lite.assemble(question, { max_tokens: budget });
      const words = ["context", question, "--root", root, "--budget", String(budget)];
      const run = { encoding: "buffer", stdio: ["ignore", "pipe", "ignore"] };
      let printed;
      try {
        printed = execFileSync(binaryPath(), words, run);
      } catch (error) {
        assert.equal(error.status, 1, "nothing was found");
        printed = error.stdout;
      }
      assert.deepEqual(Buffer.from(context), printed, `${question} within ${budget}`);
    }
  }
});

test("search, rank, snippet, and other choices", async () => {
  const found = await lite.search("archive name", { limit: 1 });
  assert.deepEqual(
    found.documents.map((each) => each.path),
    ["src/archive.py"],
  );
  const [item] = (await lite.rank("backoff_delay", { k: 1 })).items;
  assert.equal(item.file, "src/retry.rs");
  const { snippet } = await lite.snippet("README.md", { start_line: 1, end_line: 1 });
  assert.equal(snippet.trimEnd(), "# A tool");
  const whole = await lite.snippet("README.md");
  assert.equal(whole.snippet, readFileSync(join(root, "README.md"), "utf8"));
  const { comparison } = await lite.compare("retries", { max_tokens: 200 });
  assert.ok(comparison.some((each) => each.method === "optimal"));
});

test("documents are kept, found, given back and deleted, whatever their id", async () => {
  const notes = lite.inSpace("notes");
  for (const id of ["meeting/3", "a/../b", "..", "a//b", "ä ?#%&", "doc.md"]) {
    const metadata = { team: "core", deep: { list: [1, null, "x"] } };
    const kept = await notes.addDocument({ id, content: `about ${id}: zebra`, metadata });
    assert.deepEqual(kept, { id, success: true, replaced: false });
    const given = await notes.getDocument(id);
    assert.equal(given.content, `about ${id}: zebra`);
    assert.deepEqual(given.metadata, metadata);
    assert.ok((await notes.search("zebra")).documents.some((each) => each.id === id));
    assert.equal((await notes.deleteDocument(id)).deleted, 1);
  }
  const bulk = await notes.addDocuments([{ content: "one" }, { content: "two" }]);
  assert.equal(bulk.added, 2);
  assert.equal((await notes.listDocuments()).total, 2);
  assert.equal((await lite.inSpace("other").listDocuments()).total, 0);
  assert.equal((await notes.clearDocuments()).deleted, 2);
});

test("feedback moves the weights and can be undone", async () => {
  const before = await lite.weights();
  const judged = await lite.feedback("retries", {
    accepted: ["README.md"],
    rejected: ["src/archive.py"],
  });
  assert.equal(judged.updates, before.updates + 1);
  assert.equal((await lite.undoFeedback()).updates, before.updates);
  assert.equal((await lite.resetFeedback()).updates, 0);
});

test("state: health, counts, stores, workspaces", async () => {
  const { version } = await lite.health();
  const manifest = createRequire(import.meta.url)("contextlite/package.json");
  assert.equal(version, manifest.version);
  assert.ok(0 < (await lite.stats()).queriesCount);
  assert.ok(0 < (await lite.storage()).document_count);
  assert.ok(0 <= (await lite.cacheStats()).hit_rate);
  assert.equal((await lite.clearCache()).success, true);
  assert.ok(0 < (await lite.solverStats()).solves);
  const { workspaces } = await lite.workspaces();
  const [{ id }] = workspaces;
  assert.equal((await lite.workspace(id)).freshness.fresh, true);
  assert.deepEqual(await lite.request("GET", "/livez"), { status: "alive" });
});

test("a failure says what and which field", async () => {
  const no = async (promise, expected) => {
    await assert.rejects(promise, (error) => {
      assert.ok(error instanceof ServerError && error instanceof ContextLiteError);
      const { name, code, status, field } = error;
      assert.deepEqual({ name, code, status, field }, { name: "ServerError", ...expected });
      assert.ok(10 < error.message.length);
      return true;
    });
  };
  const invalid = (field) => ({ code: "INVALID_INPUT", status: 400, field });
  await no(lite.assemble("x", { objective_style: "best" }), invalid("objective_style"));
  await no(lite.assemble("x", { max_tokens: -1 }), invalid("max_tokens"));
  await no(lite.assemble(""), invalid("query"));
  await no(lite.getDocument("never"), { code: "NOT_FOUND", status: 404, field: undefined });
  await no(lite.assemble("x", { workspace_path: "/" }), {
    code: "FORBIDDEN",
    status: 403,
    field: undefined,
  });
});

test("a server that runs can be connected to, with its token", async () => {
  const other = await ContextLite.connect({ url: lite.url, token: lite.token });
  assert.equal((await other.health()).status, "healthy");
  await other.close();
  assert.equal((await lite.health()).status, "healthy", "it is not ours to stop");
  await assert.rejects(ContextLite.connect(lite.url), {
    name: "ServerError",
    code: "UNAUTHORIZED",
  });
  await assert.rejects(ContextLite.connect("http://127.0.0.1:9"), ConnectionError);
  await assert.rejects(ContextLite.connect("ftp://example.org"), TypeError);
});

test("a server that does not start says why", async () => {
  await assert.rejects(ContextLite.start({ roots: [join(root, "absent")] }), {
    name: "StartError",
    code: "NOT_FOUND",
  });
  const config = join(root, "..", "wrong.toml");
  await assert.rejects(ContextLite.start({ config }), StartError);
  await assert.rejects(ContextLite.start({ binary: process.execPath }), {
    name: "StartError",
    code: "NOT_STARTED",
  });
  await assert.rejects(ContextLite.start({ binary: join(root, "absent") }), {
    name: "BinaryNotFoundError",
    code: "NO_BINARY",
  });
  await assert.rejects(ContextLite.start({ signal: AbortSignal.abort() }), { name: "AbortError" });
});

test("import and require give the same classes", () => {
  const required = createRequire(import.meta.url)("contextlite");
  assert.equal(required.ContextLite, ContextLite);
  assert.equal(required.ServerError, ServerError);
});

test("the names of earlier versions still work", async () => {
  const { ContextLiteClient, withContextLiteClient } = await import("contextlite");
  const options = { port: 9, databasePath: database };
  await withContextLiteClient(options, async (client) => {
    await client.addDocument("The tool retries five times.", "note-1", { team: "core" });
    const found = await client.query("retries", { maxResults: 5, minScore: 0 });
    assert.equal(found.documents[0].id, "note-1");
    assert.equal(found.totalResults, 1);
    assert.equal((await client.getDocument("note-1")).content, "The tool retries five times.");
    assert.equal((await client.getStats()).documentsCount, 1);
    await client.deleteDocument("note-1");
  });
  const alone = new ContextLiteClient({ port: 9, autoStart: false });
  assert.equal(await alone.ensureServerRunning(), false);
  assert.equal(await alone.isServerRunning(), false);
});
