/** The command line as commander knows it: every verb, what all of them take, and their help. */
import { Command } from "commander";
import project from "../../../package.json" with { type: "json" };
import { verbs } from "../verbs.ts";
import { EXIT_HELP } from "./exit.ts";
import type { Io } from "./io.ts";
import { wrapped } from "./text.ts";
import type { Verb } from "./verb.ts";

/** `call` runs a verb; what commander complains of is added to `help.text`. */
export function createProgram(
  io: Io,
  help: { text: string },
  call: (verb: Verb, command: Command) => Promise<void>,
): Command {
  const program = new Command(io.program)
    .description("Keeps markdown files in Supabase Storage and rows in Postgres the same thing.")
    .version(project.version, "--version", "print the version")
    .exitOverride()
    .configureOutput({
      writeOut: (text) => io.stdout(text),
      // Only kept: `refuse` says it, as text or as JSON.
      writeErr: (text) => {
        help.text += text;
      },
      getOutHelpWidth: () => Math.min(WIDTH, io.columns),
      getErrHelpWidth: () => Math.min(WIDTH, io.columns),
    })
    .configureHelp({ showGlobalOptions: true })
    .usage("<verb> [options]")
    .option("--json", "print one JSON object, nothing else, on stdout")
    .option("--config <file>", "the config to load (default: frontrow.config.ts)")
    .option(
      "--url <url>",
      "the project (default: SUPABASE_URL, frontrow.yaml's, else the running local stack)",
    )
    .option("--key <key>", "its secret key (default: SUPABASE_SECRET_KEY, else the local stack's)")
    .option("--db-url <url>", "its database, instead of the Data API (default: SUPABASE_DB_URL)")
    .option("--collection <name>", "only this collection")
    .option("--filter <glob>", "only documents whose path fits: 'plans/*.md', 'draft-*'")
    .option("--origin", "in a clone: act on the origin itself")
    .option("--yes", "do not ask")
    .option("--quiet", "only results and errors")
    .helpCommand("help [verb]", "about one verb")
    .addHelpText("after", `\n${EXIT_HELP}`);
  for (const verb of verbs) {
    const command = program.command(verb.name).description(verb.summary);
    verb.define(command);
    command.addHelpText("after", helpAfter(verb, io));
    command.action(() => call(verb, command));
  }
  return program;
}

/** A terminal that is wider is not easier to read. */
const WIDTH = 80;

function helpAfter({ notes, examples }: Verb, io: Io): string {
  const paragraph = notes === undefined ? [] : ["", ...wrapped(notes, Math.min(WIDTH, io.columns))];
  const lines = examples.map(
    (example) => `  ${example.replaceAll(/\bfrontrow (?=[a-z])/g, `${io.program} `)}`,
  );
  return [...paragraph, "", "Examples:", ...lines].join("\n");
}
