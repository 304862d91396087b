// Builds `out/extension.js`: `npm run build`, after the same in clients/node, whose sources are
// bundled. tsc checks, esbuild bundles; the bundle holds no code but ours. It is not minified, so
// that a stack trace can be read, and depends on the sources and on package-lock.json alone.
// out/SOURCES says which sources: packing takes nothing that was built from others.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const folder = new URL("../", import.meta.url);
const require = createRequire(import.meta.url);

const tsc = require.resolve("typescript/bin/tsc");
execFileSync(process.execPath, [tsc, "--project", fileURLToPath(folder)], { stdio: "inherit" });

rmSync(new URL("out/", folder), { recursive: true, force: true });
await build({
  absWorkingDir: fileURLToPath(folder),
  entryPoints: ["src/extension.ts"],
  outfile: "out/extension.js",
  bundle: true,
  platform: "node",
  format: "cjs",
  target: "node20",
  external: ["vscode"],
  charset: "utf8",
  logLevel: "warning",
});

const sources = readdirSync(new URL("src/", folder))
  .sort()
  .map((name) => {
    const digest = createHash("sha256").update(readFileSync(new URL(`src/${name}`, folder)));
    return `${digest.digest("hex")}  src/${name}\n`;
  });
writeFileSync(new URL("out/SOURCES", folder), sources.join(""));
