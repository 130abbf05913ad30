/** `frontrow edit <path>`: opens a file of the bucket in your editor and puts it back when it changed. */
import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { FrontrowError } from "../../shared/errors.ts";
import { authorOf } from "./frame/author.ts";
import { EXIT } from "./frame/exit.ts";
import type { Verb } from "./frame/verb.ts";

export const edit: Verb = {
  name: "edit",
  summary: "open a file of the bucket in your editor ($VISUAL, $EDITOR)",
  examples: [
    "frontrow edit users/ann/parts/critic.md",
    "frontrow edit users/ann/parts/critic.md --author ann@example.org",
  ],
  define(command) {
    command
      .argument("<path>", "the document, as status shows it")
      .option("--author <who>", "who edits (default: git's user.email, else $USER)");
  },
  async run(call) {
    const [{ openProject }, { objectNamed, download, upload }] = await Promise.all([
      import("./frame/engine.ts"),
      import("./frame/object.ts"),
    ]);
    const object = await objectNamed(call, call.arguments[0]!);
    const project = await openProject(call);
    const before = await download(project, object);
    const folder = await mkdtemp(join(tmpdir(), "frontrow-edit-"));
    try {
      const file = join(folder, basename(object.shown));
      await writeFile(file, before);
      await openEditor(call.io.environment.VISUAL || call.io.environment.EDITOR || "vi", file);
      const after = new Uint8Array(await readFile(file));
      const isChanged = !isEqual(before, after);
      // Somebody may have changed it meanwhile: what the editor did not see must not be overwritten.
      if (isChanged && !isEqual(before, await download(project, object))) {
        throw new FrontrowError(
          "REPLICA_MOVED",
          `"${object.shown}" changed while you edited it: nothing was written.`,
          {
            path: object.path,
            hint: "Edit it again from what it is now.",
          },
        );
      }
      if (isChanged) await upload(project, object, after, await authorOf(call));
      call.out.say(
        isChanged ? `${object.shown} is uploaded; its row follows.` : `${object.shown} is as it was.`,
      );
      return { code: EXIT.ok, json: { path: object.path, changed: isChanged } };
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
};

/** The editor's setting may hold arguments (`code --wait`), so a shell reads it; the file's name is not part of that. */
function openEditor(editor: string, file: string): Promise<void> {
  return new Promise((done, fail) => {
    const child = spawn("sh", ["-c", `${editor} "$1"`, "sh", file], { stdio: "inherit" });
    child.on("error", fail);
    child.on("exit", (code) => {
      if (code === 0) done();
      else
        fail(new FrontrowError("USAGE", `The editor "${editor}" ended with ${code}: nothing was written.`));
    });
  });
}

function isEqual(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}
