/**
 * Where a verb's words go. People: results to stdout, everything said along the way to stderr. Programs (`--json`): one
 * JSON object as the only line on stdout. No secret leaves by either.
 */
import type { Io } from "./io.ts";
import { type Paint, painter } from "./text.ts";

export interface Output {
  readonly isJson: boolean;
  /** For what goes to stdout. */
  readonly paint: Paint;
  /** For what goes to stderr. */
  readonly notePaint: Paint;
  /** A line of the result, for people. */
  say(line?: string): void;
  /** Said along the way; not with `--quiet`. */
  note(line: string): void;
  /** An error, even with `--quiet`. */
  complain(text: string): void;
  /** The one JSON object of `--json`. */
  result(value: object): void;
  /** Overwrites the current line of the terminal; only for a progress bar. */
  draw(text: string): void;
  readonly canDraw: boolean;
  /** Never prints this text from now on. */
  hide(secret: string): void;
}

const SECRETS = [/\bsb_secret_[A-Za-z0-9_-]+/g, /\beyJ[\w-]{8,}\.[\w-]+\.[\w-]+/g];

export function createOutput(io: Io, { json, quiet }: { json: boolean; quiet: boolean }): Output {
  const hidden = new Set<string>();

  function scrub(text: string): string {
    let clean = text;
    for (const secret of hidden) clean = clean.replaceAll(secret, "[secret]");
    for (const pattern of SECRETS) clean = clean.replace(pattern, "[secret]");
    return clean;
  }

  return {
    isJson: json,
    paint: painter(io.colour.stdout && !json),
    notePaint: painter(io.colour.stderr),
    canDraw: io.isTerminal && !json && !quiet,
    say(line = "") {
      if (!json) io.stdout(`${scrub(line)}\n`);
    },
    note(line) {
      if (!quiet) io.stderr(`${scrub(line)}\n`);
    },
    complain: (text) => io.stderr(`${scrub(text)}\n`),
    result(value) {
      if (json) io.stdout(`${scrub(JSON.stringify(value))}\n`);
    },
    draw: (text) => io.stderr(scrub(text)),
    hide(secret) {
      if (secret !== "") hidden.add(secret);
    },
  };
}
