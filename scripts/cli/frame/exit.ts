/** What the CLI's exit code says. Scripts may rely on it; nothing else ends with another number. */
import { FrontrowError } from "../../../shared/errors.ts";

export const EXIT = {
  /** Done as asked, and in sync where the verb promises that. */
  ok: 0,
  /** Done as far as possible: something needs a person or another try. */
  attention: 1,
  /** Not started: the command line, the config or the installed collections do not fit. */
  usage: 2,
  /** Conflicts are left: a person must decide. */
  conflicts: 3,
  /** The project did not answer, or refused the key. Trying again later may help. */
  unreachable: 4,
  /** A defect of Frontrow's. */
  defect: 5,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

export const EXIT_HELP = `Exit codes:
  0  done, and in sync where the verb promises it
  1  something needs attention: quarantine, halt, refused files, work left
  2  usage or configuration error
  3  conflicts are left: a person must decide
  4  the project is unreachable, or the key was refused
  5  a defect of Frontrow's own`;

/** Configuration problems whose HTTP status is shared with "somebody else moved first". */
const NEEDS_CONFIG = new Set([
  "NOT_REGISTERED",
  "PROTOCOL_MISMATCH",
  "PROJECT_MISMATCH",
  "SCHEMA_CHANGED",
  "SCOPE_CHANGED",
]);

/** The exit code of a verb that threw. */
export function exitCodeOf(error: unknown): ExitCode {
  if (!(error instanceof FrontrowError)) return EXIT.defect;
  const { status, code } = error;
  if (status === 401 || status === 503) return EXIT.unreachable;
  if (NEEDS_CONFIG.has(code) || status === 400 || status === 404 || status === 413) return EXIT.usage;
  return EXIT.attention;
}
