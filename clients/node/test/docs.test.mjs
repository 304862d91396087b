// The examples of the documentation run as they stand, in a repository of their own.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { repository } from "./machine.mjs";

/** The most lines of a quick start. */
const LINES_MAX = 12;

const root = repository();

for (const path of process.env.DOCS.split(":")) {
  const blocks = readFileSync(path, "utf8").matchAll(/^```js\n([\s\S]*?)^```$/gm);
  const programs = [...blocks]
    .map(([, code]) => code)
    .filter((code) => code.includes('"contextlite"'));
  test(`${basename(path)}: its ${programs.length} programs run`, () => {
    assert.ok(0 < programs.length);
    programs.forEach((code, at) => {
      assert.ok(code.trim().split("\n").length <= LINES_MAX, code);
      const file = join(
        dirname(fileURLToPath(import.meta.url)),
        `example-${basename(path)}-${at}.mjs`,
      );
      writeFileSync(file, code);
      const run = spawnSync(process.execPath, [file], { cwd: root, encoding: "utf8" });
      rmSync(file);
      assert.equal(run.status, 0, run.stderr);
      assert.match(run.stdout, /src\/retry\.rs/);
    });
  });
}
