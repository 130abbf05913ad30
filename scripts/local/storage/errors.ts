import { isSqlError } from "../database/sql.ts";

/**
 * An error as the Storage service renders it: HTTP 400 whatever happened (500 for its own faults, 544 for a database
 * timeout), and the real status in the body's `statusCode`.
 */
export class StorageError extends Error {
  readonly statusCode: number;
  readonly code: string;
  readonly error: string;

  constructor(statusCode: number, code: string, message: string, error: string = code) {
    super(message);
    this.statusCode = statusCode;
    this.code = code;
    this.error = error;
  }

  toResponse(): Response {
    const { statusCode, code, error, message } = this;
    const status = statusCode === 500 || statusCode === 544 ? statusCode : 400;
    return Response.json({ statusCode: String(statusCode), code, error, message }, { status });
  }
}

export const noSuchKey = () => new StorageError(404, "NoSuchKey", "Object not found", "not_found");
export const noSuchBucket = () =>
  new StorageError(404, "NoSuchBucket", "Bucket not found", "Bucket not found");
export const alreadyExists = () =>
  new StorageError(409, "KeyAlreadyExists", "The resource already exists", "Duplicate");
export const invalidRequest = (message: string) => new StorageError(400, "InvalidRequest", message);

/** A failure of the database, as the service maps SQLSTATEs. A trigger's `42501` keeps its text. */
export function fromSqlError(error: unknown): StorageError {
  if (error instanceof StorageError) return error;
  if (!isSqlError(error))
    return new StorageError(500, "InternalError", (error as Error).message, (error as Error).name);
  const { code, message } = error;
  switch (code) {
    case "42501": {
      const rls = message.includes("row-level security");
      const text = rls ? "new row violates row-level security policy" : message;
      return new StorageError(403, "AccessDenied", text, "Unauthorized");
    }
    case "23505":
      return new StorageError(409, "ResourceAlreadyExists", "The resource already exists", "Duplicate");
    case "23503":
      return new StorageError(404, "InvalidRequest", "The related resource does not exist");
    case "55P03":
      return new StorageError(423, "ResourceLocked", "The resource is locked");
    case "57014":
      return new StorageError(544, "DatabaseTimeout", "The connection to the database timed out");
    case "22P02":
      return new StorageError(
        400,
        "InvalidParameter",
        message || "Invalid value format or type conversion failed",
      );
    case "42703":
    case "42P01":
      return new StorageError(
        503,
        "DatabaseSchemaMismatch",
        "The database schema does not match: schema mismatch in a trigger or RLS policy",
      );
    default:
      return new StorageError(500, "DatabaseError", `database error, code: ${code}`);
  }
}

/** Whether a failed transaction may be committed all the same: its connection ended before the answer came. */
export function mayHaveCommitted(error: unknown): boolean {
  if (error instanceof StorageError) return false;
  return !isSqlError(error) || /^(08|57P|EPIPE)/.test(error.code);
}
