/** The client: one method for each thing that a server can be asked. */

import { type CallOptions, type Call, Transport, pause } from "./transport.js";
import { ConnectionError, ServerError } from "./error.js";
import { PrivateServer, type ServerOptions } from "./private-server.js";
import type * as wire from "./wire.js";

/** Where a server listens if nobody says otherwise. */
const DEFAULT_URL = "http://127.0.0.1:8080";
/** The first wait between two looks at an index run; it grows by half up to the longest. */
const WATCH_MS = 25;
const WATCH_MS_MAX = 500;
/** One look at an index run; the run itself may take as long as it takes. */
const LOOK_TIMEOUT_MS = 30_000;

/** How a server is asked, whoever started it. */
export interface ClientOptions {
  /** The longest time for one call in milliseconds, retries included; 70,000 by default. */
  timeoutMs?: number;
  /** How often a call is tried again; 3 by default. */
  retries?: number;
  /** The space of calls that name none. */
  space?: string;
}

/** A server that runs already. */
export interface ConnectOptions extends ClientOptions {
  /** As `http://127.0.0.1:8080`, the default. */
  url?: string;
  /** The token of a server that needs one. */
  token?: string;
}

/** Which options a call takes for itself; all others go to the server. */
type Own = "signal" | "timeoutMs" | "space" | "onProgress";

/**
 * Asks a ContextLite server.
 *
 * `ContextLite.start` runs a private one, which ends with {@link close}, with `await using`, and
 * at the latest with this process; `ContextLite.connect` uses one that runs.
 */
export class ContextLite implements AsyncDisposable {
  readonly #transport: Transport;
  readonly #server: PrivateServer | undefined;
  readonly #space: string | undefined;

  private constructor(
    transport: Transport,
    server: PrivateServer | undefined,
    space: string | undefined,
  ) {
    this.#transport = transport;
    this.#server = server;
    this.#space = space;
  }

  /**
   * Starts a private server on a free port of this machine.
   *
   * @throws {StartError} if it does not start, {@link BinaryNotFoundError} if there is no program.
   */
  static async start(
    options: ServerOptions & ClientOptions & { signal?: AbortSignal } = {},
  ): Promise<ContextLite> {
    const server = await PrivateServer.start(options, options.signal);
    const { url, token } = server;
    const { timeoutMs, retries } = options;
    return new ContextLite(
      new Transport({ url, token, timeoutMs, retries }),
      server,
      options.space,
    );
  }

  /**
   * Connects to a server that runs, and checks that it is one.
   *
   * @throws {ConnectionError} if nobody answers there, {@link ServerError} if the token is wrong.
   */
  static async connect(
    options: (ConnectOptions & { signal?: AbortSignal }) | string = {},
  ): Promise<ContextLite> {
    const { url, token, timeoutMs, retries, space, signal } =
      typeof options === "string"
        ? ({ url: options } as ConnectOptions & { signal?: AbortSignal })
        : options;
    const transport = new Transport({ url: url ?? DEFAULT_URL, token, timeoutMs, retries });
    const client = new ContextLite(transport, undefined, space);
    try {
      const health = await client.health(signal === undefined ? {} : { signal });
      if (typeof health.version !== "string") {
        throw new ConnectionError("NOT_JSON", `${transport.url} is not a ContextLite server`);
      }
    } catch (error) {
      transport.close();
      throw error;
    }
    return client;
  }

  /** Where the server answers. */
  get url(): string {
    return this.#transport.url;
  }

  /** The process of a private server. */
  get pid(): number | undefined {
    return this.#server?.pid;
  }

  /** Whether the private server runs; true of one that somebody else started. */
  get isRunning(): boolean {
    return this.#server?.isRunning ?? true;
  }

  /** The token that requests to a private server bear. */
  get token(): string | undefined {
    return this.#server?.token;
  }

  /** The same server, asked about a space: a name of your own, or the id of a workspace. */
  inSpace(space: string): ContextLite {
    return new ContextLite(this.#transport, this.#server, space);
  }

  /** Closes the connections, and stops a private server and waits until it is gone. */
  async close(): Promise<void> {
    this.#transport.close();
    await this.#server?.stop();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** The passages to read for a question, within `max_tokens`; `context` is the text for a model. */
  assemble(query: string, options: wire.AssembleOptions = {}): Promise<wire.ContextAnswer> {
    return this.#post("/api/v1/context/assemble", { query, ...fields(options) }, options, true);
  }

  /** The same, with other ways to choose beside it in `comparison`. */
  compare(query: string, options: wire.AssembleOptions = {}): Promise<wire.ContextAnswer> {
    return this.#post("/api/v1/context/baseline", { query, ...fields(options) }, options, true);
  }

  /** The best documents for a question, each with its best passage. */
  search(query: string, options: wire.SearchOptions = {}): Promise<wire.SearchAnswer> {
    return this.#get("/api/v1/documents/search", options, { q: query, ...fields(options) });
  }

  /** The best places for a question, with positions as editors count them. */
  rank(query: string, options: wire.RankOptions = {}): Promise<wire.RankAnswer> {
    return this.#post("/api/v1/rank", { query, ...fields(options) }, options, true);
  }

  /** Lines of an indexed document; all of them by default. */
  snippet(file: string, options: wire.SnippetOptions = {}): Promise<wire.SnippetAnswer> {
    const { start_line = 1, end_line = 0, ...rest } = options;
    const start = { line: start_line - 1, character: 0 };
    const end = { line: end_line, character: 0 };
    return this.#post("/api/v1/snippet", { file, start, end, ...fields(rest) }, options, true);
  }

  /** Keeps a document; an equal id replaces. It is found by the next question. */
  addDocument(document: wire.NewDocument, options: CallOptions = {}): Promise<wire.KeptAnswer> {
    const isRepeatable = document.id !== undefined || document.path !== undefined;
    return this.#post("/api/v1/documents", document, options, isRepeatable);
  }

  /** Keeps many documents in one go; those that cannot be kept are in `errors`, with the reason. */
  addDocuments(
    documents: readonly wire.NewDocument[],
    options: CallOptions = {},
  ): Promise<wire.BulkAnswer> {
    const isRepeatable = documents.every(
      (each) => each.id !== undefined || each.path !== undefined,
    );
    return this.#post("/api/v1/documents/bulk", documents, options, isRepeatable);
  }

  /** A document with its content. */
  getDocument(id: string, options: CallOptions = {}): Promise<wire.StoredDocument> {
    return this.#get(documentPath(id), options);
  }

  /** Deletes a document; a {@link ServerError} with status 404 if there is none. */
  deleteDocument(id: string, options: CallOptions = {}): Promise<wire.DeletedAnswer> {
    return this.#call({
      method: "DELETE",
      path: documentPath(id),
      isRepeatable: false,
      ...options,
    });
  }

  /** The documents that are not files. */
  listDocuments(options: wire.ListOptions = {}): Promise<wire.ListAnswer> {
    return this.#get("/api/v1/documents", options, fields(options));
  }

  /** Deletes all documents of the space that are not files. */
  clearDocuments(options: CallOptions = {}): Promise<wire.DeletedAnswer> {
    return this.#call({
      method: "DELETE",
      path: "/api/v1/documents",
      isRepeatable: true,
      ...options,
    });
  }

  /**
   * Brings the index of a folder up to date and waits for the end, however long it takes; before a
   * question that is done by itself. An aborted signal ends the waiting, not the run.
   *
   * @throws {ServerError} with the code `NOT_INDEXED` if the run fails.
   */
  async indexWorkspace(path: string, options: wire.IndexOptions = {}): Promise<wire.IndexAnswer> {
    const body = { path, ...fields(options), wait: false };
    let run = await this.#post<wire.IndexAnswer>(
      "/api/v1/documents/workspace",
      body,
      options,
      true,
    );
    let shown = "";
    const show = (): void => {
      const now = `${run.state} ${run.stage} ${run.done} ${run.total}`;
      if (now !== shown) options.onProgress?.(run);
      shown = now;
    };
    const look = { timeoutMs: LOOK_TIMEOUT_MS, ...options };
    for (
      let waitMs = WATCH_MS;
      run.state === "running";
      waitMs = Math.min(waitMs * 1.5, WATCH_MS_MAX)
    ) {
      show();
      await pause(waitMs, options.signal);
      run = await this.job(run.job, look);
    }
    show();
    if (run.state !== "failed") return run;
    throw new ServerError("NOT_INDEXED", run.error ?? "the index run failed", { status: 409 });
  }

  /** How far an index run is that {@link indexWorkspace} or somebody else began. */
  job(job: number, options: CallOptions = {}): Promise<wire.IndexAnswer> {
    return this.#get(`/api/v1/jobs/${job}`, options);
  }

  /** What is indexed. */
  workspaces(options: CallOptions = {}): Promise<wire.WorkspacesAnswer> {
    return this.#get("/api/v1/workspaces", options);
  }

  /** One workspace, measured now: what it holds, and how fresh it is. */
  workspace(id: string, options: CallOptions = {}): Promise<wire.WorkspaceStatus> {
    return this.#get(`/api/v1/workspaces/${encodeURIComponent(id)}`, options);
  }

  /** Deletes the index of a workspace, never its files. */
  forgetWorkspace(id: string, options: CallOptions = {}): Promise<wire.ForgottenAnswer> {
    const path = `/api/v1/workspaces/${encodeURIComponent(id)}`;
    return this.#call({ method: "DELETE", path, isRepeatable: false, ...options });
  }

  /** Says what of an answer was of use; ranking follows, within bounds. */
  feedback(
    query: string,
    judgement: wire.Judgement,
    options: wire.WeightsOptions = {},
  ): Promise<wire.WeightsAnswer> {
    const { accepted = [], rejected = [] } = judgement;
    const body = {
      ...{ query, accepted_docs: accepted, rejected_docs: rejected },
      ...fields(options),
    };
    return this.#post("/api/v1/weights/update", body, options, false);
  }

  /** Takes back the newest judgement. */
  undoFeedback(options: wire.WeightsOptions = {}): Promise<wire.WeightsAnswer> {
    return this.#post("/api/v1/weights/undo", fields(options), options, false);
  }

  /** Forgets all judgements. */
  resetFeedback(options: wire.WeightsOptions = {}): Promise<wire.WeightsAnswer> {
    return this.#post("/api/v1/weights/reset", fields(options), options, true);
  }

  /** The weights of the seven features, and what was learned. */
  weights(options: wire.WeightsOptions = {}): Promise<wire.WeightsAnswer> {
    return this.#get("/api/v1/weights", options, fields(options));
  }

  /** Documents with their content and metadata, as clients of earlier versions know them. */
  query(query: string, options: wire.QueryOptions = {}): Promise<wire.QueryAnswer> {
    return this.#get("/query", options, { q: query, ...fields(options) });
  }

  /** How the server is. */
  health(options: CallOptions = {}): Promise<wire.HealthAnswer> {
    return this.#get("/health", options);
  }

  /** Counts since the server began. */
  stats(options: CallOptions = {}): Promise<wire.StatsAnswer> {
    return this.#get("/stats", options);
  }

  /** What the stores hold and take. */
  storage(options: CallOptions = {}): Promise<wire.StorageAnswer> {
    return this.#get("/api/v1/storage/info", options);
  }

  /** What the cache of answers did. */
  cacheStats(options: CallOptions = {}): Promise<wire.CacheAnswer> {
    return this.#get("/api/v1/cache/stats", options);
  }

  /** Drops the answers that are kept in memory, which only frees it: they are never stale. */
  clearCache(options: CallOptions = {}): Promise<wire.InvalidatedAnswer> {
    return this.#post("/api/v1/cache/invalidate", {}, options, true);
  }

  /** What the solver did. */
  solverStats(options: CallOptions = {}): Promise<wire.SolverAnswer> {
    return this.#get("/api/v1/smt/stats", options);
  }

  /**
   * Any other route of docs/openapi.json.
   *
   * @param isRepeatable whether doing it twice is the same as doing it once.
   */
  request<Answer>(
    method: Call["method"],
    path: string,
    options: CallOptions & { body?: unknown; isRepeatable?: boolean } = {},
  ): Promise<Answer> {
    return this.#call({ method, path, isRepeatable: method === "GET", ...options });
  }

  #get<Answer>(path: string, options: CallOptions, query: Call["query"] = {}): Promise<Answer> {
    return this.#call({ method: "GET", path, query, isRepeatable: true, ...own(options) });
  }

  #post<Answer>(
    path: string,
    body: unknown,
    options: CallOptions,
    isRepeatable: boolean,
  ): Promise<Answer> {
    return this.#call({ method: "POST", path, body, isRepeatable, ...own(options) });
  }

  async #call<Answer>(call: Call): Promise<Answer> {
    const space = call.space ?? this.#space;
    try {
      return await this.#transport.call<Answer>(space === undefined ? call : { ...call, space });
    } catch (error) {
      if (!(error instanceof ConnectionError) || this.isRunning || error.code !== "UNREACHABLE")
        throw error;
      const words = this.#server?.log.trim();
      const text = `the private server ended${words ? `; it said: ${words}` : ""}`;
      throw new ConnectionError("UNREACHABLE", text, { cause: error });
    }
  }
}

/** The options that go to the server. */
function fields<Options extends CallOptions>(options: Options): Omit<Options, Own> {
  const { signal: _, timeoutMs: _t, space: _s, ...rest } = options;
  delete (rest as { onProgress?: unknown }).onProgress;
  return rest as Omit<Options, Own>;
}

/** The options that are the call's own. */
function own({ signal, timeoutMs, space }: CallOptions): CallOptions {
  return {
    ...(signal === undefined ? {} : { signal }),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...(space === undefined ? {} : { space }),
  };
}

function documentPath(id: string): string {
  if (id === "") throw new TypeError("the id of a document has at least one character");
  return `/api/v1/documents/${encodeURIComponent(id)}`;
}
