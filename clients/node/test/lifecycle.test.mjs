// No process, handle or port outlives its use, however a program ends.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";
import { ConnectionError, ContextLite } from "contextlite";
import { lives, openFiles, repository, until } from "./machine.mjs";

const root = repository();

/** Runs a program of its own that prints the server's process id, and goes on as it says. */
async function program(rest) {
  const start = `const { ContextLite } = await import("contextlite");
    const lite = await ContextLite.start({ roots: [${JSON.stringify(root)}] });
    process.stdout.write(lite.pid + "\\n");`;
  const words = ["--input-type=module", "--eval", start + rest];
  const child = spawn(process.execPath, words, { stdio: ["ignore", "pipe", "inherit"] });
  let said = "";
  child.stdout.on("data", (text) => (said += text));
  await until(() => said.includes("\n"), "the program started its server");
  return { child, pid: Number(said) };
}

const ended = (child) =>
  until(() => child.exitCode !== null || child.signalCode !== null, "it ended");

test("a killed parent leaves no orphan", async () => {
  const { child, pid } = await program("setInterval(() => {}, 1000);");
  assert.ok(lives(pid));
  child.kill("SIGKILL");
  await ended(child);
  await until(() => !lives(pid), "its server ended too");
});

test("a parent that is killed in the middle of a question leaves no orphan", async () => {
  const { child, pid } = await program(
    `for (;;) await lite.assemble("how are retries done", { use_cache: false });`,
  );
  child.kill("SIGKILL");
  await ended(child);
  await until(() => !lives(pid), "its server ended too");
});

test("a program that forgets to close ends, and its server with it", async () => {
  const { child, pid } = await program(`await lite.assemble("retries");`);
  await ended(child);
  assert.equal(child.exitCode, 0);
  await until(() => !lives(pid), "its server ended too");
});

test("a program that fails ends, and its server with it", async () => {
  const { child, pid } = await program(`process.exit(3);`);
  await ended(child);
  assert.equal(child.exitCode, 3);
  await until(() => !lives(pid), "its server ended too");
});

test("close waits until the server is gone, and may be repeated", async () => {
  const lite = await ContextLite.start();
  const { pid } = lite;
  await Promise.all([lite.close(), lite.close()]);
  assert.equal(lives(pid), false);
  await lite[Symbol.asyncDispose]();
  await assert.rejects(lite.health(), { name: "ConnectionError", code: "CLOSED" });
});

test("a server that is killed is reported", async () => {
  const lite = await ContextLite.start({ retries: 0 });
  process.kill(lite.pid, "SIGKILL");
  await until(() => !lite.isRunning, "it is known to be gone");
  await assert.rejects(lite.health(), (error) => {
    assert.ok(error instanceof ConnectionError);
    assert.match(error.message, /the private server ended/);
    return true;
  });
  await lite.close();
});

test("1,000 requests leave no process, handle or socket behind", async (t) => {
  const childrenOf = () =>
    readdirSync("/proc")
      .filter((name) => /^\d+$/.test(name))
      .filter((name) => {
        try {
          return (
            readFileSync(`/proc/${name}/stat`, "utf8").split(") ")[1].split(" ")[1] ===
            `${process.pid}`
          );
        } catch {
          return false;
        }
      }).length;
  const once = async (requests) => {
    const lite = await ContextLite.start({ roots: [root] });
    const { pid } = lite;
    const abandoned = new AbortController();
    let aborted = 0;
    const asks = [
      (i) => lite.assemble(`retries number ${i}`, { max_tokens: 200, signal: abandoned.signal }),
      (i) => lite.search(`archive ${i}`, { limit: 3 }),
      () => lite.getDocument("absent").catch((error) => assert.equal(error.status, 404)),
      () => lite.stats(),
      (i) =>
        lite
          .assemble(`x ${i}`, { signal: AbortSignal.timeout(1), use_cache: false })
          .catch((error) => ((aborted += 1), assert.equal(error.name, "TimeoutError"))),
    ];
    for (let begun = 0; begun < requests; begun += 20) {
      const batch = Array.from({ length: 20 }, (_, at) => asks[at % asks.length](begun + at));
      await Promise.all(batch);
    }
    const listeners = process.listenerCount("exit");
    await lite.close();
    assert.equal(lives(pid), false);
    return { listeners, aborted };
  };
  await once(20);
  await until(() => childrenOf() === 0, "no child is left of the first round");
  const before = { files: openFiles(), resources: process.getActiveResourcesInfo().sort() };
  const { listeners, aborted } = await once(1000);
  await until(() => openFiles() <= before.files, "no file or socket is open that was not before");
  assert.equal(childrenOf(), 0);
  assert.deepEqual(process.getActiveResourcesInfo().sort(), before.resources);
  assert.equal(process.listenerCount("exit"), listeners);
  t.diagnostic(`${aborted} of 200 short-lived questions were given up in time`);
});
