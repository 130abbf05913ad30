/**
 * One error class and one catalogue. The code decides the HTTP status and whether trying the same thing again can
 * help; the message says what failed, for which path, what must hold and what to do. A conflict is a value, not an
 * error. A broken invariant of our own is a plain `Error`.
 */

/** Every failure Frontrow names. `status` is the HTTP status, `retryable` whether repeating can succeed unchanged. */
export const FAILURES = {
  // The document cannot be read: the author must edit the file. Quarantined, never written.
  FRONT_MATTER_INVALID: { status: 422, retryable: false },
  FRONT_MATTER_REFUSED: { status: 422, retryable: false },
  FRONT_MATTER_TOO_LARGE: { status: 422, retryable: false },
  NOT_UTF8: { status: 422, retryable: false },
  NUL_BYTE: { status: 422, retryable: false },
  NOT_WELL_FORMED: { status: 422, retryable: false },
  DOCUMENT_TOO_LARGE: { status: 422, retryable: false },
  LFS_POINTER: { status: 422, retryable: false },
  SCHEMA_VIOLATION: { status: 422, retryable: false },
  ROW_CONSTRAINT: { status: 422, retryable: false },
  PATH_INVALID: { status: 422, retryable: false },
  IDENTITY_MISMATCH: { status: 422, retryable: false },
  POISON: { status: 422, retryable: false },
  // The text cannot be changed safely in place: a person must rewrite that part of the header.
  CANNOT_SPLICE: { status: 422, retryable: false },
  // Configuration.
  CONFIG_INVALID: { status: 400, retryable: false },
  COLUMN_UNSUPPORTED: { status: 400, retryable: false },
  SCHEMA_CHANGED: { status: 409, retryable: false },
  SCOPE_CHANGED: { status: 409, retryable: false },
  NOT_REGISTERED: { status: 409, retryable: false },
  PROTOCOL_MISMATCH: { status: 409, retryable: false },
  // The database belongs to another project: a person must say which one is right.
  PROJECT_MISMATCH: { status: 409, retryable: false },
  // Somebody else moved first: read again, decide again.
  REPLICA_MOVED: { status: 409, retryable: true },
  LEASE_LOST: { status: 409, retryable: true },
  BODY_MISSING: { status: 409, retryable: true },
  FENCE_INACTIVE: { status: 500, retryable: true },
  // The valve: a person must look.
  HALTED: { status: 409, retryable: false },
  // A person must deal with something else first: an open conflict, a quarantine.
  IN_THE_WAY: { status: 409, retryable: false },
  // Transient: never counts towards quarantine.
  STORE_UNAVAILABLE: { status: 503, retryable: true },
  HUB_UNAVAILABLE: { status: 503, retryable: true },
  // Callers.
  UNAUTHORIZED: { status: 401, retryable: false },
  FORBIDDEN: { status: 403, retryable: false },
  REQUEST_INVALID: { status: 400, retryable: false },
  REQUEST_TOO_LARGE: { status: 413, retryable: false },
  REQUEST_TIMEOUT: { status: 408, retryable: true },
  RATE_LIMITED: { status: 429, retryable: true },
  NOT_FOUND: { status: 404, retryable: false },
  USAGE: { status: 400, retryable: false },
} as const;

export type FailureCode = keyof typeof FAILURES;

/** Where in a document something is wrong. Lines and columns count from 1, in the whole file. */
export interface Place {
  path?: string;
  line?: number;
  column?: number;
}

export interface FailureDetail extends Place {
  /** The finer rule inside the code, kebab-case: `duplicate-key`, `alias`, the constraint's name … */
  rule?: string;
  /** What the person should do, one sentence. */
  hint?: string;
  cause?: unknown;
}

export class FrontrowError extends Error {
  override readonly name = "FrontrowError";
  readonly code: FailureCode;
  readonly path: string | undefined;
  readonly line: number | undefined;
  readonly column: number | undefined;
  readonly rule: string | undefined;
  readonly hint: string | undefined;

  constructor(code: FailureCode, message: string, detail: FailureDetail = {}) {
    super(message, detail.cause === undefined ? undefined : { cause: detail.cause });
    this.code = code;
    this.path = detail.path;
    this.line = detail.line;
    this.column = detail.column;
    this.rule = detail.rule;
    this.hint = detail.hint;
  }

  get status(): number {
    return FAILURES[this.code].status;
  }

  /** Whether the same call may succeed later with nothing changed. */
  get retryable(): boolean {
    return FAILURES[this.code].retryable;
  }

  /** The error as JSON for logs and `--json`; never holds content. */
  toJSON(): Record<string, unknown> {
    const { code, message, path, line, column, rule, hint } = this;
    return { code, message, path, line, column, rule, hint };
  }
}

/** The same error, with the path of the document it was about. */
export function at(error: FrontrowError, path: string): FrontrowError {
  if (error.path !== undefined) return error;
  const { line, column, rule, hint, cause } = error;
  return new FrontrowError(error.code, error.message, { path, line, column, rule, hint, cause });
}
