// What is tried again, how often, and what is not, with a server that misbehaves as it is told.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { test } from "node:test";
import { ConnectionError, ContextLite } from "contextlite";

/** Serves one answer after another, /health apart; the last one is repeated. */
async function serve(t, answers) {
  const asked = [];
  const server = createServer((request, response) => {
    if (request.url === "/health") return response.end('{"version":"1"}');
    const act = answers[Math.min(asked.length, answers.length - 1)];
    asked.push(`${request.method} ${request.url}`);
    act(response, request);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const lite = await ContextLite.connect(`http://127.0.0.1:${server.address().port}`);
  t.after(async () => {
    await lite.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return { lite, asked };
}

const ok = (response) => response.end('{"fine":true}');
const broken = (response) => response.socket.destroy();
const silent = () => undefined;
const no =
  (status, code, headers = {}) =>
  (response) => {
    response.writeHead(status, { "content-type": "application/json", ...headers });
    response.end(JSON.stringify({ error: "it cannot", code, field: "query" }));
  };
const busy = no(503, "QUEUE_FULL", { "retry-after": "0" });
const late = no(503, "TIMEOUT", { "retry-after": "0" });

test("a busy server is asked again, also to write", async (t) => {
  const { lite, asked } = await serve(t, [busy, busy, ok]);
  assert.deepEqual(await lite.addDocument({ content: "x" }), { fine: true });
  assert.equal(asked.length, 3);
});

test("a server that is busy for long is given up after three retries", async (t) => {
  const { lite, asked } = await serve(t, [busy]);
  await assert.rejects(lite.stats(), { code: "QUEUE_FULL", status: 503, retryAfterSeconds: 0 });
  assert.equal(asked.length, 4);
});

test("429 is waited for as long as it says", async (t) => {
  const { lite } = await serve(t, [no(429, "TOO_MANY_REQUESTS", { "retry-after": "1" }), ok]);
  const began = performance.now();
  await lite.stats();
  assert.ok(990 <= performance.now() - began);
});

test("what may have been done is not done again", async (t) => {
  const { lite, asked } = await serve(t, [broken]);
  await assert.rejects(lite.addDocument({ content: "x" }), ConnectionError);
  await assert.rejects(lite.feedback("x", { accepted: ["y"] }), ConnectionError);
  await assert.rejects(lite.deleteDocument("x"), ConnectionError);
  assert.equal(asked.length, 3);
});

test("work that goes on is not begun again", async (t) => {
  const { lite, asked } = await serve(t, [late]);
  await assert.rejects(lite.addDocument({ content: "x" }), { code: "TIMEOUT" });
  assert.equal(asked.length, 1);
});

test("what can be done twice is tried again when the connection breaks", async (t) => {
  const { lite, asked } = await serve(t, [broken, late, ok]);
  assert.deepEqual(await lite.addDocument({ id: "a", content: "x" }), { fine: true });
  assert.equal(asked.length, 3);
});

test("other failures are final", async (t) => {
  const { lite, asked } = await serve(t, [no(500, "IO")]);
  await assert.rejects(lite.assemble("x"), { code: "IO", status: 500, field: "query" });
  assert.equal(asked.length, 1);
});

test("a call ends in time, also while it waits for a retry", async (t) => {
  const { lite } = await serve(t, [silent]);
  await assert.rejects(lite.stats({ timeoutMs: 50 }), {
    name: "ConnectionError",
    code: "TIMEOUT_CLIENT",
  });
  const patient = await serve(t, [no(503, "BUSY", { "retry-after": "9" })]);
  await assert.rejects(patient.lite.stats({ timeoutMs: 50 }), { code: "TIMEOUT_CLIENT" });
});

test("an aborted call throws the reason", async (t) => {
  const { lite } = await serve(t, [silent]);
  const reason = new Error("changed my mind");
  const controller = new AbortController();
  const call = lite.assemble("x", { signal: controller.signal });
  setTimeout(() => controller.abort(reason), 20);
  await assert.rejects(call, reason);
});

test("a call that runs when the client is closed fails", async (t) => {
  const { lite } = await serve(t, [silent]);
  const call = lite.stats();
  setTimeout(() => lite.close(), 20);
  await assert.rejects(call, { name: "ConnectionError", code: "CLOSED" });
});

test("something else that answers there is named", async (t) => {
  const { lite } = await serve(t, [(response) => response.end("<html>")]);
  await assert.rejects(lite.stats(), { name: "ConnectionError", code: "NOT_JSON" });
});

test("an answer that breaks off is no answer", async (t) => {
  const half = (response) => {
    response.writeHead(200, { "content-length": "100" });
    response.write('{"half":');
    setTimeout(() => response.socket.destroy(), 10);
  };
  const { lite, asked } = await serve(t, [half]);
  await assert.rejects(lite.stats(), ConnectionError);
  assert.equal(asked.length, 4);
});
