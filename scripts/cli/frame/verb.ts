/** What a verb is. One file per verb; heavy imports inside `run`, so that no verb pays for another's. */
import type { Command } from "commander";
import type { Ground } from "../clone/ground.ts";
import type { ExitCode } from "./exit.ts";
import type { Io } from "./io.ts";
import type { Output } from "./output.ts";

export interface Verb {
  name: string;
  /** One line, for the list of verbs. */
  summary: string;
  /** What help says below the options: what it leaves alone, what it ends with. One paragraph. */
  notes?: string;
  /** Two command lines, the last words of its help. `frontrow` is the program, whatever it is started by. */
  examples: readonly [string, string];
  /** Adds arguments and options of its own. */
  define(command: Command): void;
  /** @default false: `--filter` is refused */
  takesFilter?: boolean;
  run(call: Call): Promise<Answer>;
  /** The same in a clone, unless `--origin` is said. @default `run` */
  inClone?(call: Call, ground: Ground): Promise<Answer>;
}

/** What every verb takes, before or after its name. */
export interface SharedOptions {
  json: boolean;
  config: string | undefined;
  url: string | undefined;
  key: string | undefined;
  dbUrl: string | undefined;
  collection: string | undefined;
  /** A glob of paths. Only verbs that say `takesFilter` know it. */
  filter: string | undefined;
  /** Act on the origin itself, not on the clone that the person stands in. */
  origin: boolean;
  yes: boolean;
  quiet: boolean;
}

export interface Call {
  arguments: readonly (string | undefined)[];
  /** The verb's own options, as commander reads them. */
  options: Readonly<Record<string, unknown>>;
  shared: SharedOptions;
  out: Output;
  io: Io;
  /** Done after the verb, however it ends. */
  atEnd(close: () => Promise<void>): void;
}

export interface Answer {
  code: ExitCode;
  /** The line of `--json`. People were told through `call.out` already. */
  json: object;
}
