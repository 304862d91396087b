/**
 * Where the program is.
 *
 * Each platform has a package of its own, `@contextlite/<os>-<cpu>`, which holds the program and
 * nothing else; npm installs the one that fits, because all six are optional dependencies. The
 * program is looked for there and nowhere else: never on PATH, where `contextlite` may be the
 * start script of this very package.
 */

import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import * as path from "node:path";
import { BinaryNotFoundError } from "./error.js";

/** The platforms that have a package, by `process.platform` and `process.arch`. */
const PLATFORMS = [
  "linux-x64",
  "linux-arm64",
  "darwin-x64",
  "darwin-arm64",
  "win32-x64",
  "win32-arm64",
] as const;

/** Names a program to use instead, as one that was built from source. */
export const BINARY_VARIABLE = "CONTEXTLITE_BINARY";

/**
 * Finds the program.
 *
 * @param named the path of a program to use instead of the installed one.
 * @throws {BinaryNotFoundError} with what to do.
 */
export function binaryPath(named?: string): string {
  const chosen = named ?? process.env[BINARY_VARIABLE];
  if (chosen) {
    if (existsSync(chosen)) return path.resolve(chosen);
    const source = named === undefined ? BINARY_VARIABLE : "the option `binary`";
    throw new BinaryNotFoundError(`there is no program at ${chosen}, which ${source} names`);
  }
  const platform = `${process.platform}-${process.arch}`;
  const found = installed(platform);
  if (found) return found;
  throw new BinaryNotFoundError(advice(platform));
}

/** The program in the package of a platform. */
function installed(platform: string): string | undefined {
  const program = platform.startsWith("win32-") ? "contextlite.exe" : "contextlite";
  try {
    return createRequire(__filename).resolve(`@contextlite/${platform}/bin/${program}`);
  } catch {
    return undefined;
  }
}

function advice(platform: string): string {
  if (!PLATFORMS.some((each) => each === platform)) {
    return (
      `contextlite has no program for ${platform}, only for ${PLATFORMS.join(", ")}; build it from ` +
      `source and name it with the option \`binary\` or the variable ${BINARY_VARIABLE}`
    );
  }
  const missing = `the package @contextlite/${platform} is not installed, which holds the program`;
  const other = PLATFORMS.find((each) => installed(each) !== undefined);
  if (other) {
    return (
      `${missing}; here is the one for ${other}, so node_modules was made on another machine or for ` +
      "another architecture: run the package manager's install on this one"
    );
  }
  return (
    `${missing}; it is an optional dependency of contextlite, so install without ` +
    "`--omit=optional` or `--no-optional`, and keep it out of a bundle"
  );
}
