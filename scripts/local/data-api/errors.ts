import { isSqlError } from "../database/sql.ts";
import type { Role } from "../keys.ts";

/** An answer that is an error, as PostgREST words it. */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  readonly details: string | null;
  readonly hint: string | null;

  constructor(
    status: number,
    code: string,
    message: string,
    details: string | null = null,
    hint: string | null = null,
  ) {
    super(message);
    this.status = status;
    this.code = code;
    this.details = details;
    this.hint = hint;
  }

  toResponse(): Response {
    const { code, details, hint, message } = this;
    return Response.json({ code, details, hint, message }, { status: this.status });
  }
}

/** PostgREST's table from SQLSTATE to HTTP status; the longest matching prefix counts, anything else is 400. */
const STATUS: Record<string, number> = {
  "08": 503,
  "09": 500,
  "0L": 403,
  "0P": 403,
  "23503": 409,
  "23505": 409,
  "25": 500,
  "25006": 405,
  "28": 403,
  "2D": 500,
  "38": 500,
  "39": 500,
  "3B": 500,
  "40": 500,
  "42883": 404,
  "42P01": 404,
  "42P17": 500,
  "53": 503,
  "53400": 500,
  "54": 500,
  "55": 500,
  "57": 500,
  "58": 500,
  F0: 500,
  HV: 500,
  P0: 500,
  P0001: 400,
  XX: 500,
};

/** What went wrong in the database, as PostgREST would answer it to `role`. */
export function fromSqlError(error: unknown, role: Role): ApiError {
  if (error instanceof ApiError) return error;
  if (!isSqlError(error))
    return new ApiError(503, "PGRST001", `Database client error: ${(error as Error).message}`);
  const { code, message, detail = null, hint = null } = error;
  const custom = /^PT(\d{3})$/.exec(code);
  let status = custom ? Number(custom[1]) : 400;
  if (code === "42501") status = role === "anon" ? 401 : 403;
  else if (!custom) status = STATUS[code] ?? STATUS[code.slice(0, 2)] ?? 400;
  return new ApiError(status, code, message, detail, hint);
}

export const unsupported = (what: string) =>
  new ApiError(
    400,
    "PGRST100",
    `The local Data API does not do ${what}`,
    null,
    "Hosted Supabase does; this is a stand-in.",
  );
