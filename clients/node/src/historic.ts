/**
 * The names of the packages that were published before, for programs that use them.
 *
 * They say the same and mean the same. What was wrong is not kept: nothing is looked for on PATH
 * or downloaded, the server that is started is a private one with a free port unless a port is
 * named, and it never outlives this process.
 */

import { ContextLite } from "./client.js";
import { ConnectionError } from "./error.js";
import type {
  DeletedAnswer,
  KeptAnswer,
  QueryAnswer,
  StatsAnswer,
  StoredDocument,
} from "./wire.js";

/** How long `isServerRunning` waits for an answer. */
const PROBE_TIMEOUT_MS = 2000;

export interface ClientOptions {
  /** Where a server may run already; `localhost` by default. */
  host?: string;
  /** Its port; 8080 by default. */
  port?: number;
  /** Whether to start a private server if none answers there; true by default. */
  autoStart?: boolean;
  /** The database file of a server that is started. */
  databasePath?: string;
  /** The longest time for one call in milliseconds; 30,000 by default. */
  timeout?: number;
}

export interface HistoricQueryOptions {
  maxResults?: number;
  minScore?: number;
}

/** The client of earlier versions; new programs use {@link ContextLite}. */
export class ContextLiteClient implements AsyncDisposable {
  readonly #options: ClientOptions;
  #client: Promise<ContextLite> | undefined;

  constructor(options: ClientOptions = {}) {
    this.#options = options;
  }

  /** Connects to the server, or starts one if that is allowed; false if neither can be. */
  async ensureServerRunning(): Promise<boolean> {
    try {
      await this.#connected();
      return true;
    } catch (error) {
      if (this.#options.autoStart === false && error instanceof ConnectionError) return false;
      throw error;
    }
  }

  /** Whether a server answers. */
  async isServerRunning(): Promise<boolean> {
    try {
      const client = await (this.#client ?? this.#probe());
      await client.health({ timeoutMs: PROBE_TIMEOUT_MS });
      if (this.#client === undefined) await client.close();
      return true;
    } catch {
      return false;
    }
  }

  async addDocument(
    content: string,
    documentId?: string,
    metadata?: Record<string, unknown>,
  ): Promise<KeptAnswer> {
    const client = await this.#connected();
    return client.addDocument({
      content,
      ...(documentId ? { id: documentId } : {}),
      ...(metadata ? { metadata } : {}),
    });
  }

  async query(query: string, options: HistoricQueryOptions = {}): Promise<QueryAnswer> {
    const { maxResults, minScore } = options;
    return (await this.#connected()).query(query, {
      ...(maxResults === undefined ? {} : { max_results: maxResults }),
      ...(minScore === undefined ? {} : { min_score: minScore }),
    });
  }

  async getDocument(documentId: string): Promise<StoredDocument> {
    return (await this.#connected()).getDocument(documentId);
  }

  async deleteDocument(documentId: string): Promise<DeletedAnswer> {
    return (await this.#connected()).deleteDocument(documentId);
  }

  async getStats(): Promise<StatsAnswer> {
    return (await this.#connected()).stats();
  }

  /** Closes the connections, and stops the server if this client started it. */
  async close(): Promise<void> {
    const client = this.#client;
    this.#client = undefined;
    await (await client?.catch(() => undefined))?.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #connected(): Promise<ContextLite> {
    this.#client ??= this.#connect().catch((error: unknown) => {
      this.#client = undefined;
      throw error;
    });
    return this.#client;
  }

  async #connect(): Promise<ContextLite> {
    const { autoStart = true, databasePath, timeout = 30_000 } = this.#options;
    try {
      return await this.#probe();
    } catch (error) {
      if (!autoStart || !(error instanceof ConnectionError)) throw error;
      return ContextLite.start({
        timeoutMs: timeout,
        ...(databasePath === undefined ? {} : { database: databasePath }),
      });
    }
  }

  #probe(): Promise<ContextLite> {
    const { host = "localhost", port = 8080, timeout = 30_000 } = this.#options;
    const signal = AbortSignal.timeout(PROBE_TIMEOUT_MS);
    return ContextLite.connect({
      url: `http://${host}:${port}`,
      timeoutMs: timeout,
      retries: 0,
      signal,
    });
  }
}

/** Calls back with a client, and closes it whatever happens. */
export async function withContextLiteClient<Result>(
  options: ClientOptions,
  callback: (client: ContextLiteClient) => Promise<Result>,
): Promise<Result> {
  const client = new ContextLiteClient(options);
  try {
    return await callback(client);
  } finally {
    await client.close();
  }
}
