/** The JSON of requests and answers, by name. Fields are called as on the wire. */

import type { components } from "./schemas.js";
import type { CallOptions } from "./transport.js";

type Schemas = components["schemas"];
/** Fields that may be left out; a wire's null is the same. */
type Given<Fields> = { [Name in keyof Fields]?: Exclude<Fields[Name], null> | undefined };

/** The answer to a question: the text for a model, its passages, and the proof of the choice. */
export type ContextAnswer = Schemas["ContextAnswer"];
/** A passage of an answer: lines of a document, with the scores it was chosen by. */
export type Passage = Schemas["Document"];
/** The documents that were found, each with its best passage. */
export type SearchAnswer = Schemas["SearchAnswer"];
/** Ranked places, with positions as editors count them. */
export type RankAnswer = Schemas["RankAnswer"];
/** Lines of an indexed document. */
export type SnippetAnswer = Schemas["SnippetAnswer"];
/** A place in a document; both numbers from 0. */
export type Position = Schemas["Position"];
/** A document to keep. */
export type NewDocument = Given<
  Omit<Schemas["DocumentRequest"], "content" | "content_hash" | "token_count">
> & {
  content: string;
};
/** What was kept. */
export type KeptAnswer = Schemas["KeptAnswer"];
/** What was kept of many, and what was not, and why. */
export type BulkAnswer = Schemas["BulkAnswer"];
/** A document as it is kept. */
export type StoredDocument = Schemas["StoredDocument"];
/** Documents that are not files. */
export type ListAnswer = Schemas["ListAnswer"];
/** What was deleted. */
export type DeletedAnswer = Schemas["DeletedAnswer"];
/** How far an index run is, and what it did. */
export type IndexAnswer = Schemas["JobAnswer"];
/** The weights, and what was learned. */
export type WeightsAnswer = Schemas["WeightsAnswer"];
/** What is indexed. */
export type WorkspacesAnswer = Schemas["WorkspacesAnswer"];
/** One workspace, measured now, with its freshness. */
export type WorkspaceStatus = Schemas["Status"];
/** A workspace whose index was deleted. */
export type ForgottenAnswer = Schemas["ForgottenAnswer"];
/** How the server is. */
export type HealthAnswer = Schemas["HealthAnswer"];
/** What the stores hold and take. */
export type StorageAnswer = Schemas["StorageAnswer"];
/** What the cache of answers did. */
export type CacheAnswer = Schemas["CacheAnswer"];
/** What the cache of answers dropped. */
export type InvalidatedAnswer = Schemas["InvalidatedAnswer"];
/** What the solver did. */
export type SolverAnswer = Schemas["SolverAnswer"];

/** Counts of a server since it began. */
export interface StatsAnswer {
  documentsCount: number;
  queriesCount: number;
  cacheHits: number;
  /** Milliseconds. */
  averageQueryTime: number;
  /** Seconds. */
  uptime: number;
}

/** Documents as clients of earlier versions know them. */
export interface QueryAnswer {
  documents: { id: string; content: string; score: number; metadata: Record<string, unknown> }[];
  totalResults: number;
  /** Milliseconds. */
  queryTime: number;
}

/** How `query` is asked. */
export interface QueryOptions extends CallOptions {
  max_results?: number;
  min_score?: number;
}

/** How a question is asked; see `Asking` in docs/openapi.json for each field. */
export type AssembleOptions = CallOptions &
  Given<Omit<Schemas["Asking"], "query" | "q" | "budget" | "k" | "max_results">>;

/** How ranked places are asked for. */
export type RankOptions = CallOptions & Given<Omit<Schemas["RankRequest"], "query">>;

/** How documents are searched. */
export interface SearchOptions extends CallOptions {
  /** The most documents; 20 by default. */
  limit?: number;
  /** How many of the best to leave out. */
  offset?: number;
  /** The folder of the workspace that is asked; absolute. */
  workspace_path?: string;
}

/** Which lines of a document are asked for: from 1, the last inclusive. */
export interface SnippetOptions extends CallOptions {
  start_line?: number;
  end_line?: number;
  /** The folder of the workspace that holds it; absolute. */
  workspace_path?: string;
}

/** How a folder is indexed. */
export interface IndexOptions extends CallOptions {
  /** Index only files that match one of these globs, now and later. */
  include_patterns?: string[];
  /** Do not index files that match one of these globs, now and later. */
  exclude_patterns?: string[];
  /** Refuse to index more files than this. */
  max_files?: number;
  /** Is told how far the run is, whenever that changed. */
  onProgress?: (progress: IndexAnswer) => void;
}

/** What was of use in an answer, and what was not: ids, paths, or `PATH:FIRST-LAST`. */
export interface Judgement {
  accepted?: string[];
  rejected?: string[];
}

/** Whose weights are meant. */
export interface WeightsOptions extends CallOptions {
  /** The folder of the workspace; absolute. */
  workspace_path?: string;
}

/** A part of a list. */
export interface ListOptions extends CallOptions {
  limit?: number;
  offset?: number;
}
