/** `frontrow cat <path>`: a file of the bucket as it is now, byte for byte. */
import { EXIT } from "./frame/exit.ts";
import type { Verb } from "./frame/verb.ts";

export const cat: Verb = {
  name: "cat",
  summary: "print a file of the bucket as it is now",
  examples: ["frontrow cat users/ann/parts/critic.md", "frontrow cat users/ann/parts/critic.md > critic.md"],
  define(command) {
    command.argument("<path>", "the document, as status shows it");
  },
  async run(call) {
    const [{ openProject }, { objectNamed, download }] = await Promise.all([
      import("./frame/engine.ts"),
      import("./frame/object.ts"),
    ]);
    const object = await objectNamed(call, call.arguments[0]!);
    const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(
      await download(await openProject(call), object),
    );
    if (!call.shared.json) call.io.stdout(text);
    return { code: EXIT.ok, json: { path: object.path, bucket: object.bucket, text } };
  },
};
