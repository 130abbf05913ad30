/** What the doctor found about one thing. */
import { FrontrowError } from "../../shared/errors.ts";

export interface Finding {
  /** What was looked at, in a word or two. */
  check: string;
  /** `warn`: it works, and something is missing; `skipped`: what it needs failed. */
  status: "ok" | "warn" | "fail" | "skipped";
  /** What is so. */
  message: string;
  /** What to do about it; null: nothing. */
  hint: string | null;
}

export function ok(check: string, message: string): Finding {
  return { check, status: "ok", message, hint: null };
}

export function warn(check: string, message: string, hint: string): Finding {
  return { check, status: "warn", message, hint };
}

export function fail(check: string, message: string, hint: string): Finding {
  return { check, status: "fail", message, hint };
}

export function skipped(check: string, because: string): Finding {
  return { check, status: "skipped", message: `not looked at, as ${because}`, hint: null };
}

/** An error as a finding, with its own hint where it has one. */
export function failed(check: string, error: unknown, hint: string): Finding {
  if (error instanceof FrontrowError) return fail(check, error.message, error.hint ?? hint);
  return fail(check, error instanceof Error ? `${error.name}: ${error.message}` : String(error), hint);
}
