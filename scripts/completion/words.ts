/** What a shell may offer at each place of the command line, read off commander's program. Pure. */
import type { Command, Option } from "commander";

/** What follows an option, or stands where an argument is due. */
export type Takes =
  | { kind: "nothing" | "anything" | "file" | "collection" }
  | { kind: "one of"; words: readonly string[] };

export interface Flag {
  /** `--json` */
  long: string;
  about: string;
  takes: Takes;
}

export interface VerbWords {
  name: string;
  about: string;
  flags: readonly Flag[];
  /** The arguments' kind; the first one's counts. */
  takes: Takes;
}

export interface Words {
  verbs: readonly VerbWords[];
  /** Of the program itself; every verb takes them, too. */
  flags: readonly Flag[];
  /** The collections, where they are known. */
  collections: readonly string[];
}

export function wordsOf(program: Command, collections: readonly string[]): Words {
  const flags = program.options.flatMap(flagOf).filter(({ long }) => long !== "--version");
  const verbs = program.commands.map((command): VerbWords => {
    const [first] = command.registeredArguments;
    const own = command.options.flatMap(flagOf);
    return {
      name: command.name(),
      about: command.description(),
      flags: [...own, ...flags.filter(({ long }) => own.every((one) => one.long !== long)), HELP],
      takes: first === undefined ? { kind: "nothing" } : takesOf(first.name(), first.argChoices),
    };
  });
  return { verbs, flags: [...flags, HELP, VERSION], collections };
}

const HELP: Flag = { long: "--help", about: "display help", takes: { kind: "nothing" } };
const VERSION: Flag = { long: "--version", about: "print the version", takes: { kind: "nothing" } };

function flagOf({ long, description, required, optional, argChoices, flags }: Option): Flag[] {
  if (!long) return [];
  const named = /<([^>]+)>|\[([^\]]+)\]/.exec(flags);
  const takes: Takes =
    required || optional ? takesOf(named?.[1] ?? named?.[2] ?? "", argChoices) : { kind: "nothing" };
  // `--collection <name>` and the like.
  return [{ long, about: description, takes: long === "--collection" ? { kind: "collection" } : takes }];
}

function takesOf(name: string, choices: readonly string[] | undefined): Takes {
  if (choices !== undefined) return { kind: "one of", words: choices };
  if (/^(?:dir|file|folder|path)/.test(name)) return { kind: "file" };
  return { kind: name === "collection" ? "collection" : "anything" };
}
