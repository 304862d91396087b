// `contextlite` as npm installs it: the program of this platform, and nothing that is on PATH.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { chmodSync, cpSync, mkdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { delimiter, dirname, join } from "node:path";
import { test } from "node:test";
import { lives, repository, scratch, until } from "./machine.mjs";

const require = createRequire(import.meta.url);
const manifestPath = require.resolve("contextlite/package.json");
const manifest = require(manifestPath);
const modules = dirname(dirname(manifestPath));
const command = join(modules, ".bin", "contextlite");
const root = repository();

const run = (words, options = {}) => spawnSync(command, words, { encoding: "utf8", ...options });

test("it is the program of this version", () => {
  const { stdout, status, stderr } = run(["--version"]);
  assert.match(stdout, new RegExp(`^contextlite ${manifest.version.replaceAll(".", "\\.")}\\b`));
  assert.deepEqual({ status, stderr }, { status: 0, stderr: "" });
});

test("arguments, input and the exit code pass through", () => {
  const asked = run(["context", "-", "--root", root, "--budget", "300"], {
    input: "backoff_delay",
  });
  assert.match(asked.stdout, /RETRIES_MAX/);
  assert.equal(run(["context", "x", "--root", join(root, "absent")]).status, 3);
  assert.equal(run(["--no-such-option"]).status, 2);
});

test("what is on PATH is not looked at", () => {
  const folder = scratch();
  const other = join(folder, "contextlite");
  writeFileSync(other, "#!/bin/sh\necho other\n");
  chmodSync(other, 0o755);
  const env = {
    ...process.env,
    PATH: `${folder}${delimiter}${dirname(command)}${delimiter}${process.env.PATH}`,
  };
  assert.match(run(["--version"], { env }).stdout, /^contextlite /);
});

test("a signal reaches the program", async () => {
  const child = spawn(command, ["serve", "--port", "0", "--no-root", "--json"], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  let said = "";
  child.stdout.on("data", (text) => (said += text));
  await until(() => said.includes("\n"), "it listens");
  const { pid } = JSON.parse(said);
  child.kill("SIGTERM");
  await until(() => child.exitCode !== null || child.signalCode !== null, "it ended");
  await until(() => !lives(pid), "the program ended");
});

test("without the platform's package it says what to do", () => {
  const folder = scratch();
  const copy = join(folder, "node_modules", "contextlite");
  mkdirSync(dirname(copy), { recursive: true });
  cpSync(join(modules, "contextlite"), copy, { recursive: true });
  const start = (env = {}) =>
    spawnSync(process.execPath, [join(copy, "bin", "contextlite.js"), "--version"], {
      encoding: "utf8",
      env: { ...process.env, ...env },
    });
  const none = start();
  assert.equal(none.status, 1);
  assert.match(
    none.stderr,
    /^error: the package @contextlite\/\S+ is not installed.*--omit=optional/,
  );

  const foreign = process.platform === "win32" ? "linux-x64" : "win32-x64";
  const program = foreign === "win32-x64" ? "contextlite.exe" : "contextlite";
  const other = join(folder, "node_modules", "@contextlite", foreign);
  mkdirSync(join(other, "bin"), { recursive: true });
  writeFileSync(join(other, "package.json"), JSON.stringify({ name: `@contextlite/${foreign}` }));
  writeFileSync(join(other, "bin", program), "");
  assert.match(start().stderr, new RegExp(`here is the one for ${foreign}`));

  const own = join(
    modules,
    "@contextlite",
    `${process.platform}-${process.arch}`,
    "bin",
    "contextlite",
  );
  assert.match(start({ CONTEXTLITE_BINARY: own }).stdout, /^contextlite /);
  const absent = start({ CONTEXTLITE_BINARY: join(folder, "absent") });
  assert.match(absent.stderr, /which CONTEXTLITE_BINARY names/);

  const odd = `Object.defineProperty(process, "arch", { value: "mips" });
    try { require(${JSON.stringify(join(copy, "lib", "index.js"))}).binaryPath(); }
    catch (error) { console.log(error.name, error.message); }`;
  const { stdout } = spawnSync(process.execPath, ["--eval", odd], { encoding: "utf8" });
  assert.match(
    stdout,
    /^BinaryNotFoundError contextlite has no program for \S+-mips, only for linux-x64/,
  );
});

test("the platform's package holds the program and no script", () => {
  const own = require(`@contextlite/${process.platform}-${process.arch}/package.json`);
  for (const { scripts, version } of [own, manifest]) {
    assert.deepEqual({ scripts, version }, { scripts: undefined, version: manifest.version });
  }
  assert.equal(Object.keys(manifest.optionalDependencies).length, 6);
  assert.ok(
    Object.values(manifest.optionalDependencies).every((each) => each === manifest.version),
  );
  assert.equal(manifest.dependencies, undefined);
  assert.equal(manifest.devDependencies, undefined);
});
