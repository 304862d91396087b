// Runs clients/conformance, which says what every client must do; its README defines the files.
import assert from "node:assert/strict";
import { mkdirSync, readFileSync, readdirSync, realpathSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { ContextLite, ContextLiteError } from "contextlite";
import { scratch } from "./machine.mjs";

const { CONFORMANCE } = process.env;

/** The files of a folder, each with its name. */
function files(folder) {
  const names = readdirSync(join(CONFORMANCE, folder)).filter((name) => name.endsWith(".json"));
  assert.ok(0 < names.length);
  return names.map((name) => [
    name,
    JSON.parse(readFileSync(join(CONFORMANCE, folder, name), "utf8")),
  ]);
}

/** The arguments that come first, by position; all others are options. */
const REQUIRED = {
  add_documents: ["documents"],
  assemble: ["query"],
  compare: ["query"],
  delete_document: ["document_id"],
  forget_workspace: ["workspace"],
  get_document: ["document_id"],
  index_workspace: ["path"],
  job: ["job"],
  query: ["query"],
  rank: ["query"],
  search: ["query"],
  snippet: ["file"],
  workspace: ["workspace"],
};

/** Calls a method by its name in snake case with arguments by name. */
function call(lite, name, given) {
  const method = name.replace(/_(\w)/g, (_, letter) => letter.toUpperCase());
  assert.equal(typeof lite[method], "function", `there is a method ${method}`);
  if (name === "add_document") {
    const { document_id, space, ...document } = given;
    const id = document_id === undefined ? {} : { id: document_id };
    return lite.addDocument({ ...id, ...document }, space === undefined ? {} : { space });
  }
  if (name === "feedback") {
    const { query, accepted, rejected, ...options } = given;
    return lite.feedback(query, { accepted, rejected }, options);
  }
  const options = { ...given };
  const first = (REQUIRED[name] ?? []).map((key) => {
    const value = options[key];
    delete options[key];
    return value;
  });
  return lite[method](...first, options);
}

/** Puts what is kept in the place of its names. */
function filled(value, kept) {
  if (typeof value === "string") {
    const whole = value.match(/^\{(\w+)\}$/);
    if (whole && whole[1] in kept) return kept[whole[1]];
    return value.replace(/\{(\w+)\}/g, (text, name) => (name in kept ? String(kept[name]) : text));
  }
  if (Array.isArray(value)) return value.map((each) => filled(each, kept));
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, filled(each, kept)]));
}

const kindOf = (value) => (value === null ? "null" : Array.isArray(value) ? "list" : typeof value);

const RULES = {
  $is: (value, kind) => kindOf(value) === kind,
  $least: (value, least) => typeof value === "number" && least <= value,
  $most: (value, most) => typeof value === "number" && value <= most,
  $has_text: (value, text) => typeof value === "string" && value.includes(text),
  $has: (value, expected, kept) =>
    Array.isArray(value) && value.some((each) => fits(each, expected, kept)),
  $each: (value, expected, kept) =>
    Array.isArray(value) && 0 < value.length && value.every((each) => fits(each, expected, kept)),
  $length: (value, length) => value.length === length,
  $keep: (value, name, kept) => ((kept[name] = value), true),
};

/** Whether a value is as expected. */
function fits(value, expected, kept) {
  if (Array.isArray(expected)) {
    const isLike = (each, at) => fits(value[at], each, kept);
    return Array.isArray(value) && value.length === expected.length && expected.every(isLike);
  }
  if (expected !== null && typeof expected === "object") {
    const rules = Object.keys(expected).filter((key) => key.startsWith("$"));
    if (0 < rules.length) {
      return rules.every((rule) => {
        assert.ok(rule in RULES, `the rule ${rule} is known`);
        return RULES[rule](value, expected[rule], kept);
      });
    }
    if (kindOf(value) !== "object") return false;
    return Object.entries(expected).every(([key, each]) => fits(value[key], each, kept));
  }
  if (typeof expected === "number" && typeof value === "number") {
    return Math.abs(value - expected) <= Math.abs(expected) * 1e-6;
  }
  return value === expected;
}

/** Does a step and holds the outcome to what it says. */
async function check(lite, step, kept) {
  const { call: name, answer, error, status } = step;
  const given = filled(step.with ?? {}, kept);
  if (error === undefined) {
    const value = await call(lite, name, given);
    const expected = filled(answer ?? {}, kept);
    assert.ok(
      fits(value, expected, kept),
      `${name} answers ${JSON.stringify(value, null, 1)}, not ${JSON.stringify(expected)}`,
    );
    return;
  }
  const expected = { ...(status === undefined ? {} : { status }), ...filled(error, kept) };
  await assert.rejects(call(lite, name, given), (thrown) => {
    assert.ok(thrown instanceof ContextLiteError, `${name} throws ${thrown}`);
    for (const key of Object.keys(expected))
      assert.equal(thrown[key], expected[key], `${name}: ${key}`);
    return true;
  });
}

for (const [name, story] of files("cases")) {
  test(`cases/${name}: ${story.about}`, async () => {
    const folder = realpathSync(scratch());
    const home = join(folder, "home");
    const root = join(home, "project");
    const outside = join(folder, "outside");
    for (const each of [root, outside]) mkdirSync(each, { recursive: true });
    for (const [path, text] of Object.entries(story.files ?? {})) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), text);
    }
    const env = { ...process.env, HOME: home };
    for (const key of Object.keys(env)) if (/^(XDG_|CONTEXTLITE_)/.test(key)) delete env[key];
    const words = story.server ?? [];
    const isRootless = words.includes("--no-root");
    assert.deepEqual(
      words.filter((word) => word !== "--no-root"),
      [],
    );
    const lite = await ContextLite.start({ env, roots: isRootless ? [] : [root] });
    try {
      const kept = { root, outside };
      let done = 0;
      for (const step of story.steps) {
        if (step.call === undefined) await play(lite, step, kept);
        else await check(lite, step, kept);
        done += 1;
      }
      assert.equal(done, story.steps.length);
    } finally {
      await lite.close();
    }
  });
}

/** A step that is the server's alone is done too: later steps may count on it. */
async function play(lite, step, kept) {
  const { method, path, query = {}, headers = {}, body } = filled(step.request, kept);
  const encoded = new URLSearchParams(query);
  const response = await fetch(`${lite.url}${path}${encoded.size === 0 ? "" : `?${encoded}`}`, {
    method,
    headers: {
      authorization: `Bearer ${lite.token}`,
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const answer = await response.json().catch(() => undefined);
  if (step.answer) fits(answer, filled(step.answer, kept), kept);
}

for (const [name, story] of files("wire")) {
  test(`wire/${name}: ${story.about}`, async () => {
    const seen = [];
    let isConnected = false;
    const server = createServer(async (request, response) => {
      // What `connect` asks first, to see that it is a server.
      if (!isConnected) {
        isConnected = true;
        return response.end('{"version":"0"}');
      }
      let text = "";
      for await (const chunk of request) text += chunk;
      const { method, url: path, headers } = request;
      seen.push({ method, path, headers, body: text === "" ? undefined : JSON.parse(text) });
      const reply = story.exchanges[seen.length - 1]?.reply;
      if (reply === undefined) return response.writeHead(500).end("{}");
      if (reply.close) return response.socket.destroy();
      response.writeHead(reply.status, { "content-type": "application/json", ...reply.headers });
      response.end(reply.text ?? JSON.stringify(reply.body));
    });
    await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
    const url = `http://127.0.0.1:${server.address().port}`;
    const lite = await ContextLite.connect({ url, ...story.client });
    try {
      await check(lite, story, {});
    } finally {
      await lite.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
    assert.equal(seen.length, story.exchanges.length, "as many requests as it says");
    story.exchanges.forEach(({ request }, at) => {
      assert.deepEqual([seen[at].method, seen[at].path], [request.method, request.path]);
      for (const [header, value] of Object.entries(request.headers ?? {})) {
        assert.equal(seen[at].headers[header], value, header);
      }
      if (request.body !== undefined) assert.deepEqual(seen[at].body, request.body);
    });
  });
}
