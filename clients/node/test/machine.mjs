// What the tests of the installed package share: a repository to ask about, and a place for data.
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after } from "node:test";

const FILES = {
  "src/retry.rs": [
    "//! Retries of requests that failed.",
    "",
    "/// How often a request is tried again.",
    "pub const RETRIES_MAX: u32 = 5;",
    "",
    "/// Waits twice as long before each further attempt.",
    "pub fn backoff_delay(attempt: u32) -> u64 {",
    "    100 << attempt.min(RETRIES_MAX)",
    "}",
    "",
  ],
  "src/archive.py": [
    '"""Names of archives."""',
    "",
    "def archive_name(version, platform):",
    '    """The name of an archive of a version for a platform."""',
    '    return f"tool-{version}-{platform}.tar.gz"',
    "",
  ],
  "README.md": ["# A tool", "", "It sends requests and retries them, at most five times.", ""],
};

/** A folder that is deleted after the tests of a file. */
export function scratch() {
  const folder = mkdtempSync(join(tmpdir(), "contextlite-node-"));
  after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A small repository, and a data directory of its own for whatever is started from here on. */
export function repository() {
  const folder = scratch();
  process.env.XDG_DATA_HOME = join(folder, "data");
  const root = join(folder, "project");
  for (const [path, lines] of Object.entries(FILES)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), lines.join("\n"));
  }
  const git = (...words) =>
    execFileSync("git", ["-c", "user.name=A", "-c", "user.email=a@example.org", ...words], {
      cwd: root,
    });
  git("init", "-q", "-b", "main");
  git("add", ".");
  git("commit", "-q", "-m", "Retry requests", "--date", "2026-01-01T00:00:00Z");
  return root;
}

/** Whether a process lives; one that ended and that nobody waited for does not. */
export function lives(pid) {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  if (process.platform !== "linux") return true;
  return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
}

/** Waits until something holds; fails after a time that no slow machine needs. */
export async function until(claim, what) {
  for (let tries = 0; tries < 400; tries += 1) {
    if (await claim()) return;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw new Error(`it never came true that ${what}`);
}

/** The open files of this process, each with what it is; Linux only. */
export function openFiles() {
  return readdirSync("/proc/self/fd").length;
}
