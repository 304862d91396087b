/**
 * A server of one's own: on a free port, for as long as this process lives.
 *
 * It is started with `--stop-with-stdin`: its standard input is a pipe that this process holds,
 * and the system closes it however this process ends, `kill -9` included. Then the server stops,
 * so there is no orphan. Requests bear a token that only the two processes know, so that other
 * users of the machine cannot ask.
 *
 * The process and its pipes do not keep Node's event loop alive: a program that forgets to close
 * it ends all the same, and the server with it.
 */

import { spawn, type ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { BINARY_VARIABLE, binaryPath } from "./binary.js";
import { StartError } from "./error.js";

/** How long a server may take to say where it listens. */
const START_TIMEOUT_MS = 30_000;
/** How long a server may take to stop before it is killed: it finishes the requests that run. */
const STOP_TIMEOUT_MS = 10_000;
/** The last words of a server that are kept for an error message. */
const LOG_CHARS_MAX = 4096;
/** The longest first line that is read. */
const LINE_CHARS_MAX = 64 * 1024;
/** The random bytes of a token. */
const TOKEN_BYTES = 32;

/** How a private server is started. */
export interface ServerOptions {
  /** The folders that questions are about if they name none; without one, only stored documents. */
  roots?: readonly string[];
  /** Keep the index and the documents in this database file instead of the data directory. */
  database?: string;
  /** Read this configuration file instead of the user's. */
  config?: string;
  /** The program, instead of the one of the installed package. */
  binary?: string;
  /** The environment of the server; this process's by default. */
  env?: Record<string, string | undefined>;
  /** How long it may take to start, in milliseconds. */
  startTimeoutMs?: number;
  /** Is told what the server writes to its log. */
  onLog?: (text: string) => void;
}

/** A server process that this process started. */
export class PrivateServer {
  readonly url: string;
  readonly token: string;
  readonly pid: number;
  readonly version: string;
  readonly #process: ChildProcess;
  readonly #words: LastWords;
  #stopping: Promise<void> | undefined;

  private constructor(process: ChildProcess, words: LastWords, token: string, said: Said) {
    this.#process = process;
    this.#words = words;
    this.token = token;
    this.url = said.url;
    this.pid = said.pid;
    this.version = said.version;
    process.unref();
    for (const pipe of [process.stdin, process.stdout, process.stderr]) {
      (pipe as unknown as { unref?: () => void } | null)?.unref?.();
    }
  }

  /**
   * Starts a server and waits until it listens.
   *
   * @throws {StartError} with its last words if it does not, {@link BinaryNotFoundError} without a
   * program, and the signal's reason.
   */
  static async start(options: ServerOptions = {}, signal?: AbortSignal): Promise<PrivateServer> {
    signal?.throwIfAborted();
    const binary = binaryPath(options.binary);
    const token = randomBytes(TOKEN_BYTES).toString("hex");
    const env: Record<string, string | undefined> = {
      ...(options.env ?? process.env),
      CONTEXTLITE_TOKEN: token,
    };
    delete env[BINARY_VARIABLE];
    const child = spawn(binary, serverArguments(options), {
      stdio: ["pipe", "pipe", "pipe"],
      env,
      windowsHide: true,
    });
    const words = new LastWords(child, options.onLog);
    try {
      const said = await firstLine(
        child,
        words,
        options.startTimeoutMs ?? START_TIMEOUT_MS,
        signal,
      );
      return new PrivateServer(child, words, token, said);
    } catch (error) {
      child.kill("SIGKILL");
      throw error;
    }
  }

  /** Whether the process runs. */
  get isRunning(): boolean {
    return this.#process.exitCode === null && this.#process.signalCode === null;
  }

  /** What it wrote last, for an error message. */
  get log(): string {
    return this.#words.text;
  }

  /** Stops it, and waits until it is gone; it finishes what it answers first. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  async #stop(): Promise<void> {
    if (!this.isRunning) return;
    this.#process.ref();
    const gone = new Promise<void>((resolve) => this.#process.once("exit", () => resolve()));
    this.#process.stdin?.end();
    const timer = setTimeout(() => this.#process.kill("SIGKILL"), STOP_TIMEOUT_MS);
    await gone;
    clearTimeout(timer);
  }
}

/** What a server says first. */
interface Said {
  url: string;
  pid: number;
  version: string;
}

function serverArguments(options: ServerOptions): string[] {
  const roots = options.roots ?? [];
  return [
    ...["serve", "--host", "127.0.0.1", "--port", "0", "--stop-with-stdin", "--json"],
    ...(roots.length === 0 ? ["--no-root"] : roots.flatMap((root) => ["--root", root])),
    ...(options.database === undefined ? [] : ["--database", options.database]),
    ...(options.config === undefined ? [] : ["--config", options.config]),
  ];
}

/** Reads all that a server writes, so that it never waits for a reader, and keeps the end. */
class LastWords {
  text = "";

  constructor(child: ChildProcess, onLog?: (text: string) => void) {
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.text = (this.text + text).slice(-LOG_CHARS_MAX);
      onLog?.(text);
    });
    // A write to the pipe of a server that died is no failure of this process.
    child.stdin?.on("error", () => undefined);
  }
}

function firstLine(
  child: ChildProcess,
  words: LastWords,
  timeoutMs: number,
  signal?: AbortSignal,
): Promise<Said> {
  return new Promise<Said>((resolve, reject) => {
    let line = "";
    const settle = (act: () => void): void => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", onAbort);
      child.off("error", onError).off("close", onClose);
      child.stdout?.off("data", onData).resume();
      act();
    };
    const fail = (error: StartError): void => settle(() => reject(error));
    const onAbort = (): void => settle(() => reject(signal?.reason as Error));
    const onError = (cause: Error): void =>
      fail(new StartError("NOT_STARTED", `the program cannot be run: ${cause.message}`, { cause }));
    const onClose = (code: number | null, by: string | null): void =>
      fail(ended(`the server ended (${by ?? code}) before it listened`, words.text));
    const onData = (text: string): void => {
      line += text;
      const end = line.indexOf("\n");
      if (end < 0 && line.length < LINE_CHARS_MAX) return;
      const said = parsed(line.slice(0, Math.max(end, 0)));
      if (said) return settle(() => resolve(said));
      // What it said is no greeting; why it ends follows, or the time runs out.
    };
    const late = `the server did not listen within ${timeoutMs} ms`;
    const timer = setTimeout(() => fail(ended(late, words.text)), timeoutMs);
    child.once("error", onError).once("close", onClose);
    child.stdout?.setEncoding("utf8").on("data", onData);
    signal?.addEventListener("abort", onAbort, { once: true });
  });
}

function parsed(line: string): Said | undefined {
  try {
    const said = JSON.parse(line) as Partial<Said>;
    return typeof said.url === "string" ? (said as Said) : undefined;
  } catch {
    return undefined;
  }
}

/** A start that failed: as the program reports it, else with its last words as they are. */
function ended(what: string, words: string): StartError {
  const last = words.trim().split("\n").at(-1) ?? "";
  try {
    const said = JSON.parse(last) as { error: string; code: string; field?: string; hint?: string };
    const hint = said.hint === undefined ? "" : `; ${said.hint}`;
    return new StartError(said.code, `${said.error}${hint}`, { field: said.field });
  } catch {
    return new StartError("NOT_STARTED", `${what}: ${words.trim() || "it said nothing"}`);
  }
}
