/** Everything that the package offers. */

export { ContextLite } from "./client.js";
export type { ClientOptions, ConnectOptions } from "./client.js";
export type { ServerOptions } from "./private-server.js";
export type { CallOptions } from "./transport.js";
export {
  BinaryNotFoundError,
  ConnectionError,
  ContextLiteError,
  ServerError,
  StartError,
} from "./error.js";
export { binaryPath } from "./binary.js";
export { ContextLiteClient, withContextLiteClient } from "./historic.js";
export type { HistoricQueryOptions } from "./historic.js";
export type {
  AssembleOptions,
  BulkAnswer,
  CacheAnswer,
  ContextAnswer,
  DeletedAnswer,
  ForgottenAnswer,
  HealthAnswer,
  IndexAnswer,
  IndexOptions,
  InvalidatedAnswer,
  Judgement,
  KeptAnswer,
  ListAnswer,
  ListOptions,
  NewDocument,
  Passage,
  Position,
  QueryAnswer,
  QueryOptions,
  RankAnswer,
  RankOptions,
  SearchAnswer,
  SearchOptions,
  SnippetAnswer,
  SnippetOptions,
  SolverAnswer,
  StatsAnswer,
  StorageAnswer,
  StoredDocument,
  WeightsAnswer,
  WeightsOptions,
  WorkspaceStatus,
  WorkspacesAnswer,
} from "./wire.js";
