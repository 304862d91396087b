// Builds `lib/`: `npm run build`.
//
// The types of the wire are made from docs/openapi.json, which the server's own tests keep true, so
// they are not written a second time here. Then tsc alone does the rest: .ts becomes CommonJS, and
// src/index.mts the ES module over it. There is no bundler, so what is published is what was written,
// line by line, and both module systems share one copy of every class. The files depend on the
// sources and on the versions of package-lock.json alone. lib/SOURCES says which sources: packing
// takes nothing that was built from others.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import openapiTS, { astToString } from "openapi-typescript";

const folder = new URL("../", import.meta.url);
const require = createRequire(import.meta.url);

const api = JSON.parse(readFileSync(new URL("../../docs/openapi.json", folder), "utf8"));
const schemas = {
  openapi: api.openapi,
  info: api.info,
  paths: {},
  components: { schemas: api.components.schemas },
};
const types = astToString(await openapiTS(schemas, { defaultNonNullable: false }));
const components = types.match(/export interface components \{[\s\S]*?\n\}\n/);
if (!components) throw new Error("openapi-typescript writes another form; mend scripts/build.mjs");
writeFileSync(
  new URL("src/schemas.ts", folder),
  `/** The JSON of requests and answers, made by scripts/build.mjs from docs/openapi.json. */\n${components[0]}`,
);

rmSync(new URL("lib/", folder), { recursive: true, force: true });
const tsc = require.resolve("typescript/bin/tsc");
execFileSync(process.execPath, [tsc, "--project", fileURLToPath(folder)], { stdio: "inherit" });

const sources = readdirSync(new URL("src/", folder))
  .sort()
  .map((name) => {
    const digest = createHash("sha256").update(readFileSync(new URL(`src/${name}`, folder)));
    return `${digest.digest("hex")}  src/${name}\n`;
  });
writeFileSync(new URL("lib/SOURCES", folder), sources.join(""));
