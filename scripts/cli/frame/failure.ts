/** What is said when a verb throws. */
import type { CommanderError } from "commander";
import { FrontrowError } from "../../../shared/errors.ts";
import type { Io } from "./io.ts";
import type { Output } from "./output.ts";

/** Tells of an error on stderr, or as the JSON object of `--json`. */
export function tell(error: unknown, out: Output): void {
  if (out.isJson) out.result({ error: asJson(error) });
  else out.complain(asText(error, out));
}

/** A command line that commander refused, as ours; null for help that was asked for. */
export function usageError(error: CommanderError, io: Io): FrontrowError | null {
  if (error.exitCode === 0) return null;
  const [first = "", suggestion] = error.message.split("\n");
  const meant = /^\(Did you mean (.+)\?\)$/.exec(suggestion ?? "")?.[1];
  return new FrontrowError("USAGE", capital(first.replace(/^error: /, "")), {
    rule: error.code.replace(/^commander\./, ""),
    hint: meant === undefined ? `See: ${io.program} --help` : `Did you mean ${meant}?`,
  });
}

function asJson(error: unknown): object {
  if (error instanceof FrontrowError) {
    const { code, message, path, line, rule, hint } = error;
    return { code, message, path: path ?? null, line: line ?? null, rule: rule ?? null, hint: hint ?? null };
  }
  return { code: "DEFECT", message: nameOf(error), path: null, line: null, rule: null, hint: DEFECT_HINT };
}

const DEFECT_HINT =
  "This is a defect of Frontrow's. Nothing is half done: what was not confirmed is done again.";

function asText(error: unknown, { notePaint: paint }: Output): string {
  if (!(error instanceof FrontrowError)) {
    const stack = error instanceof Error ? (error.stack ?? "") : "";
    return `${paint.red("error:")} ${nameOf(error)}\n  ${DEFECT_HINT}\n${paint.dim(stack)}`.trimEnd();
  }
  const { path, line, code, message, hint } = error;
  // Most messages name the path already.
  const place = path === undefined || message.includes(path) ? "" : `${path}${line ? `:${line}` : ""}: `;
  return `${paint.red("error:")} ${place}${message} ${paint.dim(`(${code})`)}${hint ? `\n  ${hint}` : ""}`;
}

function nameOf(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
