/** The CLI's frame: reads the command line, runs one verb, turns whatever happens into words and an exit code. */
import { type Command, CommanderError } from "commander";
import { FrontrowError } from "../../../shared/errors.ts";
import { EXIT, type ExitCode, exitCodeOf } from "./exit.ts";
import { tell, usageError } from "./failure.ts";
import type { Io } from "./io.ts";
import { createOutput } from "./output.ts";
import { createProgram } from "./program.ts";
import type { Answer, Call, SharedOptions, Verb } from "./verb.ts";

/** Runs one command line (without the program's name) and answers its exit code. Never throws. */
export async function run(argv: readonly string[], io: Io): Promise<ExitCode> {
  let code: ExitCode = EXIT.ok;
  const help = { text: "" };
  const program = createProgram(io, help, async (verb, command) => {
    const shared = sharedOptions(command);
    const out = createOutput(io, shared);
    if (shared.key !== undefined) out.hide(shared.key);
    const closing: (() => Promise<void>)[] = [];
    try {
      const answer = await runVerb(verb, {
        arguments: command.processedArgs,
        options: command.opts(),
        shared,
        out,
        io,
        atEnd: (close) => void closing.push(close),
      });
      out.result(answer.json);
      code = answer.code;
    } catch (error) {
      tell(error, out);
      code = exitCodeOf(error);
    } finally {
      await Promise.allSettled(closing.map((close) => close()));
    }
  });
  try {
    await program.parseAsync([...argv], { from: "user" });
    return code;
  } catch (error) {
    return refuse(error, argv, io, help.text);
  }
}

/** Whoever stands in a clone means the clone; another project, or the origin itself, is named. */
async function runVerb(verb: Verb, call: Call): Promise<Answer> {
  const { url, dbUrl, origin, filter } = call.shared;
  if (filter !== undefined && verb.takesFilter !== true)
    throw new FrontrowError("USAGE", `${verb.name} takes no --filter.`);
  if (verb.inClone !== undefined && !origin && url === undefined && dbUrl === undefined) {
    const { groundOf } = await import("../clone/ground.ts");
    const ground = await groundOf(call);
    if (ground !== null) return await verb.inClone(call, ground);
  }
  return await verb.run(call);
}

function sharedOptions(command: Command): SharedOptions {
  const { json, yes, quiet, origin, filter, config, url, key, dbUrl, collection } = command.optsWithGlobals();
  return {
    json: json === true,
    yes: yes === true,
    quiet: quiet === true,
    origin: origin === true,
    filter,
    config,
    url,
    key,
    dbUrl,
    collection,
  };
}

/** The command line could not be read, so its options are not known: `--json` is looked for by hand. */
function refuse(error: unknown, argv: readonly string[], io: Io, help: string): ExitCode {
  const out = createOutput(io, { json: argv.includes("--json"), quiet: false });
  if (!(error instanceof CommanderError)) {
    tell(error, out);
    return EXIT.defect;
  }
  if (error.code === "commander.help" && error.exitCode !== 0 && !out.isJson) {
    out.complain(help.trimEnd());
    return EXIT.usage;
  }
  const usage = usageError(error, io);
  if (usage === null) return EXIT.ok;
  tell(usage, out);
  return EXIT.usage;
}
