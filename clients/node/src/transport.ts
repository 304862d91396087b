/**
 * Requests over HTTP: one pool of connections, a time limit, and bounded retries.
 *
 * node:http rather than fetch: the connections belong to this object, so closing it leaves no
 * socket, and a path is sent as it is written (an id may hold `..`). Proxies of the environment
 * are not used, because a question to this machine must not leave it.
 *
 * What is tried again: a request that was refused because there is too much to do (429 and 503,
 * when the server says), one that reached nobody, and one that broke off if doing it twice is the
 * same as once. A 503 `TIMEOUT` says that the work goes on, so only the last kind is tried again.
 */

import * as http from "node:http";
import * as https from "node:https";
import { ConnectionError, ServerError } from "./error.js";

/** The longest time for one call, retries included: a little more than the server takes at most. */
export const TIMEOUT_MS = 70_000;
/** How often a call is tried again. */
export const RETRIES = 3;
/** The wait before the first retry; it doubles. */
const RETRY_WAIT_MS = 100;
/** The longest wait for a retry, whatever a server asks for. */
const RETRY_WAIT_MS_MAX = 10_000;
/** Connections to one server; more calls than that wait for one. */
const CONNECTIONS_MAX = 32;
/** How long an idle connection is kept; the server keeps it longer. */
const IDLE_MS = 20_000;
/** The longest answer that is read; a context of a million tokens is a tenth of it. */
const ANSWER_BYTES_MAX = 64 * 1024 * 1024;

/** What every call can be given. */
export interface CallOptions {
  /** Ends the call early; it then throws the signal's reason. */
  signal?: AbortSignal;
  /** The longest time for the call in milliseconds, retries included. */
  timeoutMs?: number;
  /** The space that the call is about: a name of your own, or the id of a workspace. */
  space?: string;
}

/** One request. */
export interface Call extends CallOptions {
  method: "GET" | "POST" | "PUT" | "DELETE";
  /** The path, encoded. */
  path: string;
  /** Fields of the query; those without a value are left out. */
  query?: Record<string, string | number | undefined>;
  /** Sent as JSON. */
  body?: unknown;
  /** Whether doing it twice is the same as doing it once. */
  isRepeatable: boolean;
}

/** Where and how a server is asked. */
export interface TransportOptions {
  /** As `http://127.0.0.1:8080`. */
  url: string;
  token?: string | undefined;
  timeoutMs?: number | undefined;
  retries?: number | undefined;
}

interface Reply {
  status: number;
  retryAfter: string | undefined;
  text: string;
}

/** A pool of connections to one server. */
export class Transport {
  readonly url: string;
  readonly #base: URL;
  readonly #agent: http.Agent;
  readonly #token: string | undefined;
  readonly #timeoutMs: number;
  readonly #retries: number;
  #closed = false;

  constructor(options: TransportOptions) {
    this.#base = serverUrl(options.url);
    this.url = this.#base.href.replace(/\/$/, "");
    const pool = { keepAlive: true, maxSockets: CONNECTIONS_MAX, timeout: IDLE_MS };
    this.#agent = this.#base.protocol === "https:" ? new https.Agent(pool) : new http.Agent(pool);
    this.#token = options.token;
    this.#timeoutMs = options.timeoutMs ?? TIMEOUT_MS;
    this.#retries = options.retries ?? RETRIES;
  }

  /**
   * Asks, and returns the JSON of the answer.
   *
   * @throws {ServerError} if the server says no, {@link ConnectionError} if nobody answers in time,
   * and the signal's reason if it was aborted.
   */
  async call<Answer>(call: Call): Promise<Answer> {
    call.signal?.throwIfAborted();
    const limit = new AbortController();
    const timeoutMs = call.timeoutMs ?? this.#timeoutMs;
    const late = (): ConnectionError =>
      new ConnectionError(
        "TIMEOUT_CLIENT",
        `no answer to ${call.method} ${call.path} within ${timeoutMs} ms`,
      );
    const timer = setTimeout(() => limit.abort(late()), timeoutMs);
    const onAbort = (): void => limit.abort(call.signal?.reason);
    call.signal?.addEventListener("abort", onAbort, { once: true });
    try {
      return await this.#attempts<Answer>(call, limit.signal);
    } finally {
      clearTimeout(timer);
      call.signal?.removeEventListener("abort", onAbort);
    }
  }

  /** Closes every connection; calls that run fail with `CLOSED`, as later ones do. */
  close(): void {
    this.#closed = true;
    this.#agent.destroy();
  }

  async #attempts<Answer>(call: Call, signal: AbortSignal): Promise<Answer> {
    for (let attempt = 0; ; attempt += 1) {
      const failure = await this.#attempt<Answer>(call, signal);
      if ("answer" in failure) return failure.answer;
      signal.throwIfAborted();
      if (this.#closed) throw new ConnectionError("CLOSED", "this client is closed");
      if (this.#retries <= attempt || !failure.mayRetry) throw failure.error;
      await pause(
        Math.min(failure.waitMs ?? RETRY_WAIT_MS * 2 ** attempt, RETRY_WAIT_MS_MAX),
        signal,
      );
    }
  }

  async #attempt<Answer>(
    call: Call,
    signal: AbortSignal,
  ): Promise<
    { answer: Answer } | { error: Error; mayRetry: boolean; waitMs?: number | undefined }
  > {
    let reply: Reply;
    try {
      reply = await this.#send(call, signal);
    } catch (error) {
      if (error instanceof ConnectionError) return { error, mayRetry: false };
      const cause = error as NodeJS.ErrnoException;
      const reachedNobody = cause.code === "ECONNREFUSED";
      const text = `no connection to the ContextLite server at ${this.url}: ${cause.message || cause.code}`;
      return {
        error: new ConnectionError("UNREACHABLE", text, { cause }),
        mayRetry: reachedNobody || call.isRepeatable,
      };
    }
    let json: unknown;
    try {
      json = JSON.parse(reply.text);
    } catch (cause) {
      const text = `${this.url} answered ${reply.status} without JSON; is it a ContextLite server?`;
      return { error: new ConnectionError("NOT_JSON", text, { cause }), mayRetry: false };
    }
    if (200 <= reply.status && reply.status < 300) return { answer: json as Answer };
    const error = refusal(reply, json);
    const isBusy =
      (reply.status === 429 || reply.status === 503) && error.retryAfterSeconds !== undefined;
    return {
      error,
      mayRetry: isBusy && (call.isRepeatable || error.code !== "TIMEOUT"),
      waitMs: error.retryAfterSeconds === undefined ? undefined : error.retryAfterSeconds * 1000,
    };
  }

  #send(call: Call, signal: AbortSignal): Promise<Reply> {
    const body = call.body === undefined ? undefined : Buffer.from(JSON.stringify(call.body));
    const headers: http.OutgoingHttpHeaders = { accept: "application/json" };
    if (body)
      Object.assign(headers, { "content-type": "application/json", "content-length": body.length });
    if (this.#token !== undefined) headers["authorization"] = `Bearer ${this.#token}`;
    if (call.space !== undefined) headers["x-workspace-id"] = call.space;
    const request = (this.#base.protocol === "https:" ? https : http).request;
    return new Promise<Reply>((resolve, reject) => {
      if (this.#closed) return reject(new ConnectionError("CLOSED", "this client is closed"));
      const sent = request({
        protocol: this.#base.protocol,
        hostname: this.#base.hostname.replace(/^\[|\]$/g, ""),
        port: this.#base.port,
        path: this.#base.pathname.replace(/\/$/, "") + call.path + queryText(call.query),
        method: call.method,
        headers,
        agent: this.#agent,
      });
      const onAbort = (): void => void sent.destroy(signal.reason as Error);
      const over = (): void => signal.removeEventListener("abort", onAbort);
      signal.addEventListener("abort", onAbort, { once: true });
      sent.once("error", (error) => (over(), reject(error)));
      sent.once("response", (response) => {
        const chunks: Buffer[] = [];
        let length = 0;
        response.on("data", (chunk: Buffer) => {
          length += chunk.length;
          if (length <= ANSWER_BYTES_MAX) return void chunks.push(chunk);
          const text = `an answer of more than ${ANSWER_BYTES_MAX} bytes; ask for less`;
          sent.destroy(new ConnectionError("TOO_LARGE", text));
        });
        response.once("error", (error) => (over(), reject(error)));
        response.once("end", () => {
          over();
          resolve({
            status: response.statusCode ?? 0,
            retryAfter: response.headers["retry-after"],
            text: Buffer.concat(chunks).toString("utf8"),
          });
        });
      });
      sent.end(body);
    });
  }
}

function serverUrl(text: string): URL {
  let url: URL | undefined;
  try {
    url = new URL(text);
  } catch {
    url = undefined;
  }
  if (url === undefined || !["http:", "https:"].includes(url.protocol)) {
    throw new TypeError(
      `${JSON.stringify(text)} is not the address of a server, as http://127.0.0.1:8080`,
    );
  }
  return url;
}

function queryText(fields: Call["query"]): string {
  const given = new URLSearchParams();
  for (const [name, value] of Object.entries(fields ?? {})) {
    if (value !== undefined) given.set(name, String(value));
  }
  return given.size === 0 ? "" : `?${given}`;
}

/** The server's no as an error. */
function refusal(reply: Reply, json: unknown): ServerError {
  const problem = (typeof json === "object" && json !== null ? json : {}) as Record<
    string,
    unknown
  >;
  const text = (name: string): string | undefined =>
    typeof problem[name] === "string" ? (problem[name] as string) : undefined;
  const seconds = Number(reply.retryAfter);
  return new ServerError(
    text("code") ?? "UNKNOWN",
    text("error") ?? `the server answered ${reply.status}`,
    {
      status: reply.status,
      field: text("field"),
      retryAfterSeconds:
        reply.retryAfter !== undefined && Number.isFinite(seconds) ? seconds : undefined,
    },
  );
}

/** Waits; throws the signal's reason if it is aborted meanwhile. */
export function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason as Error);
    const onAbort = (): void => (clearTimeout(timer), reject(signal?.reason as Error));
    const timer = setTimeout(() => (signal?.removeEventListener("abort", onAbort), resolve()), ms);
    signal?.addEventListener("abort", onAbort, { once: true });
  });
}
