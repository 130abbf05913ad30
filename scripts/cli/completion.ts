/** `frontrow completion <shell>`: a script that teaches a shell our verbs, options and, where there is a config, collections. */
import { Argument } from "commander";
import { SHELLS, type Shell } from "../completion/shells.ts";
import { EXIT } from "./frame/exit.ts";
import { createOutput } from "./frame/output.ts";
import type { Call, Verb } from "./frame/verb.ts";

export const completion: Verb = {
  name: "completion",
  summary: "print a script by which a shell completes frontrow's words",
  notes: "The collections in it are those of the config here, as they are now.",
  examples: ["source <(frontrow completion bash)", "frontrow completion zsh > ~/.frontrow-completion.zsh"],
  define(command) {
    command.addArgument(new Argument("<shell>", "your shell").choices(SHELLS));
  },
  async run(call) {
    const [{ createProgram }, { wordsOf }, { completionFor }] = await Promise.all([
      import("./frame/program.ts"),
      import("../completion/words.ts"),
      import("../completion/shells.ts"),
    ]);
    const shell = call.arguments[0] as Shell;
    const program = createProgram(call.io, { text: "" }, () => Promise.resolve());
    const script = completionFor(shell, wordsOf(program, await collectionsOf(call)));
    call.out.say(script.trimEnd());
    return { code: EXIT.ok, json: { shell, script } };
  },
};

/** A shell's start must not fail for want of a config. */
async function collectionsOf(call: Call): Promise<string[]> {
  try {
    const { loadConfig } = await import("./frame/config.ts");
    // Nor say anything there.
    const out = createOutput(call.io, { json: true, quiet: true });
    return (await loadConfig({ ...call, out })).collections.map(({ name }) => name);
  } catch {
    return [];
  }
}
