/**
 * How a collection's ids are written: `INFRA-{n}` is INFRA-1, INFRA-2 …; `ADR-{n:3}` is ADR-001. Pure.
 *
 * An id is a file's name, a word in prose and a link at once, so its letters are those that stand for themselves in all
 * three.
 */
import { encodeValue, escapeText } from "../document/path-codec.ts";
import { FrontrowError } from "../errors.ts";

export interface IdFormat {
  readonly format: string;
  /** What stands before and after the number. */
  readonly prefix: string;
  readonly suffix: string;
  /** Digits a number has at least; a shorter one gets leading zeros. 1–9. */
  readonly width: number;
  /** The id of a whole number from 0 on. */
  write(number: number): string;
  /** The number of an id, or null for what `write` never gives. */
  read(id: string): number | null;
}

const FORMAT = /^([^{}]*)\{n(?::([1-9]))?\}([^{}]*)$/u;
/** Longer numbers are a name that somebody gave, not one of a row. */
const MAX_DIGITS = 15;
const MAX_LENGTH = 100;

/** @throws {FrontrowError} `CONFIG_INVALID` with rule `ids-format`, saying what must hold. */
export function compileIdFormat(format: string): IdFormat {
  const match = FORMAT.exec(format);
  if (match === null) throw invalid(format, "it must hold {n} once, or {n:4} for leading zeros: INFRA-{n}");
  const [, prefix, digits, suffix] = match as unknown as [string, string, string | undefined, string];
  const width = Number(digits ?? 1);
  const write = (number: number): string => `${prefix}${String(number).padStart(width, "0")}${suffix}`;
  check(format, prefix, suffix, write(1));

  function read(id: string): number | null {
    if (!id.startsWith(prefix) || !id.endsWith(suffix)) return null;
    const written = id.slice(prefix.length, id.length - suffix.length);
    if (!/^[0-9]+$/.test(written) || written.length > MAX_DIGITS) return null;
    const number = Number(written);
    return write(number) === id ? number : null;
  }
  return { format, prefix, suffix, width, write, read };
}

function check(format: string, prefix: string, suffix: string, first: string): void {
  const around = prefix + suffix;
  if (!/^[\p{L}\p{M}\p{N}_.-]*$/u.test(around)) {
    throw invalid(format, "it may hold letters, digits, _, . and - besides {n}");
  }
  if (!/^[\p{L}\p{N}]/u.test(first)) throw invalid(format, "an id must begin with a letter or a digit");
  if (/\p{N}$/u.test(prefix) || /^[\p{N}\p{M}]/u.test(suffix)) {
    throw invalid(format, "no digit may stand beside {n}: nobody could tell which is the number");
  }
  if (first.normalize("NFC") !== first) throw invalid(format, "it must be in Unicode normal form C");
  if (first.length > MAX_LENGTH) throw invalid(format, `an id must be at most ${MAX_LENGTH} characters`);
  // In a path it must be spelled letter by letter, so that SQL can look for it there.
  if (encodeValue(first) !== escapeText(first)) {
    throw invalid(format, 'names that end in ".conflict" are kept for conflict copies');
  }
}

function invalid(format: string, because: string): FrontrowError {
  return new FrontrowError("CONFIG_INVALID", `Cannot use the id format "${format}", as ${because}`, {
    rule: "ids-format",
  });
}
