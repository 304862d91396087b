/** What can fail, and what a caller can tell apart. */

/** Any failure of this package: of the server, of the way to it, or of starting it. */
export class ContextLiteError extends Error {
  /** Names the kind of failure, as `INVALID_INPUT`; the server's own codes are in docs/http.md. */
  readonly code: string;
  /** The field or option that is wrong, if the failure is about one. */
  readonly field: string | undefined;

  constructor(
    code: string,
    message: string,
    options?: ErrorOptions & { field?: string | undefined },
  ) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
    this.field = options?.field;
  }
}

/** The server answered that it cannot do what was asked. */
export class ServerError extends ContextLiteError {
  /** The HTTP status. */
  readonly status: number;
  /** After how many seconds to ask again, if the server said so. */
  readonly retryAfterSeconds: number | undefined;

  constructor(
    code: string,
    message: string,
    facts: { status: number; field?: string | undefined; retryAfterSeconds?: number | undefined },
  ) {
    super(code, message, { field: facts.field });
    this.status = facts.status;
    this.retryAfterSeconds = facts.retryAfterSeconds;
  }
}

/** Nobody answered, or not in time: codes `UNREACHABLE`, `TIMEOUT_CLIENT`, `CLOSED` and `NOT_JSON`. */
export class ConnectionError extends ContextLiteError {}

/** A private server did not start: the program's own code, else `NOT_STARTED` with its last words. */
export class StartError extends ContextLiteError {}

/** There is no program for this machine: code `NO_BINARY`; the message says what to do. */
export class BinaryNotFoundError extends ContextLiteError {
  constructor(message: string) {
    super("NO_BINARY", message);
  }
}
