/** `frontrow init [url]`: makes the folder where the person stands a clone. */
import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { FrontrowError } from "../../shared/errors.ts";
import { EXIT } from "./frame/exit.ts";
import { forgetProjectFile, projectFileOf } from "./frame/project-file.ts";
import { PROJECT_FILE } from "./frame/root.ts";
import type { Verb } from "./frame/verb.ts";

export const init: Verb = {
  name: "init",
  summary: "make this folder a clone: its files and the origin's documents become the same",
  notes:
    "Writes frontrow.yaml (never the key: only the name of its variable) and .frontrow/, which git ignores: it can be deleted, and is made again from the files and the origin. Run again, it renews what the clone knows of the origin's collections.",
  examples: ["frontrow init https://abc.supabase.co", "frontrow init --folder notes && frontrow sync"],
  define(command) {
    command
      .argument("[url]", "the origin: the project's URL (default: frontrow.yaml's)")
      .option("--key-variable <name>", "the environment variable with its key", "SUPABASE_SECRET_KEY")
      .option("--folder <path>", "where the documents are, from here", "content");
  },
  async run(call) {
    const { io, out, options } = call;
    const [url] = call.arguments;
    let project = await projectFileOf(call);
    if (project?.origin == null) {
      if (url === undefined)
        throw new FrontrowError("USAGE", "Which origin? There is no frontrow.yaml that names one.", {
          hint: `${io.program} init <url>`,
        });
      if (project !== null)
        throw new FrontrowError("USAGE", `"${project.shown}" names no origin: it would have to be changed.`, {
          path: project.shown,
          hint: `Add to it: origin: { url: ${url} }`,
        });
      await writeFile(join(io.folder, PROJECT_FILE), yamlOf(url, options), { flag: "wx" });
      forgetProjectFile(call);
      project = (await projectFileOf(call))!;
      out.note(`Wrote ${PROJECT_FILE}.`);
    } else if (url !== undefined && new URL(url).href !== new URL(project.origin.url).href) {
      throw new FrontrowError("USAGE", `"${project.shown}" names another origin: ${project.origin.url}.`, {
        path: project.shown,
        hint: "Clone into another folder, or change the file.",
      });
    }
    const [{ groundIn, originOf }, { initClone }] = await Promise.all([
      import("./clone/ground.ts"),
      import("../replica/open.ts"),
    ]);
    const ground = groundIn(project, call);
    await mkdir(ground.folder, { recursive: true });
    const isNew = !existsSync(join(ground.root, ".frontrow/hub.db"));
    await initClone(ground.root, await originOf(project, call, null));
    const clone = await ground.open();
    const collections = [...clone.bindings.keys()];
    const where = relative(io.folder, ground.folder) || ".";
    out.say(`${isNew ? "A clone" : "Still a clone"} of ${project.origin!.url}`);
    out.say(`Here, in ${where}/: ${collections.join(", ")}`);
    out.say(`Now: ${io.program} sync`);
    return { code: EXIT.ok, json: { origin: project.origin!.url, folder: where, collections, new: isNew } };
  },
};

function yamlOf(url: string, { keyVariable, folder }: Readonly<Record<string, unknown>>): string {
  return `# Where this folder's documents come from and go to. See the README, "Work offline".
origin:
  url: ${JSON.stringify(url)}
  # The environment variable that holds the key. Never the key itself.
  key: ${String(keyVariable)}
stores:
  directory:
    syncPath: ${JSON.stringify(String(folder))}
`;
}
