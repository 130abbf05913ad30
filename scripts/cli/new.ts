/** `frontrow new <collection> [title]`: a new document, with an id that nobody else gets. */
import { InvalidArgumentError } from "commander";
import { displayPath } from "../../shared/document/path-disk.ts";
import { FrontrowError } from "../../shared/errors.ts";
import { authorOf, signed } from "./frame/author.ts";
import { EXIT } from "./frame/exit.ts";
import type { Call, Verb } from "./frame/verb.ts";

/** Ids that people took by hand meanwhile are passed; more in a row are no accident. */
const TRIES = 5;

export const newVerb: Verb = {
  name: "new",
  summary: "make a document from a template; its id is asked for first",
  notes:
    "Templates are documents with {{id}}, {{title}}, {{date}}, {{author}} and what --set names; the config says where they are.",
  examples: [
    'frontrow new story "Log in with a passkey"',
    'frontrow new stories "Log in" --set points=3 --set tags=auth,ux',
  ],
  define(command) {
    signed(
      command
        .argument("<collection>", "the collection, or the name of one of its templates")
        .argument("[title]", "its title: the field of that name, and {{title}} in the template")
        .option("--template <name>", "the template (default: the collection's first)")
        .option(
          "--set <name=value>",
          "a field, a part of the path or a placeholder; may be repeated",
          collect,
        )
        .option("--dry-run", "show the document; take no id, write nothing"),
    );
  },
  inClone: async (call, ground) => (await import("./clone/new.ts")).newIn(call, ground),
  async run(call) {
    const { out, options } = call;
    const [named, title] = call.arguments as [string, string | undefined];
    if (title !== undefined && (title.trim() === "" || /\p{Cc}/u.test(title))) {
      throw new FrontrowError("USAGE", "A title must be one line, and not empty.");
    }
    const [{ openEngine }, { loadConfig }, { readTemplate, wantedBy }] = await Promise.all([
      import("./frame/engine.ts"),
      import("./frame/config.ts"),
      import("./frame/template.ts"),
    ]);
    const wanted = wantedBy(await loadConfig(call), named, options.template as string | undefined);
    const { name } = wanted.collection;
    const engine = await openEngine({ ...call, arguments: [name] }, { registerIfNone: true });
    if (engine.isNew)
      out.note(
        `Nothing was registered yet: installed ${engine.config.collections.map((one) => one.name).join(", ")}.`,
      );
    const binding = engine.bindings.get(name)!;
    const template =
      wanted.template === null ? undefined : await readTemplate(call, wanted.collection, wanted.template);
    const { document, sample } = await composer(call, binding, title, template);
    const planned = document(sample);
    if (options.dryRun === true) {
      if (!out.isJson) call.io.stdout(planned.text);
      out.note(
        `would be ${displayPath(planned.path)}${sample === null ? "" : ", under the next id"}; nothing was written`,
      );
      const { path, text } = planned;
      return {
        code: EXIT.ok,
        json: { dry_run: true, collection: name, id: null, path, template: wanted.template, text },
      };
    }
    const [{ createDocument }, { createMissing }, { createHubIds }] = await Promise.all([
      import("./frame/create.ts"),
      import("./frame/buckets.ts"),
      import("../../shared/ids/mod.ts"),
    ]);
    for (const bucket of await createMissing(await engine.client(), [binding.collection.bucket]))
      out.note(`Created the private bucket "${bucket}".`);
    const ids = createHubIds(engine.peer);
    const message = options.message === undefined ? {} : { message: options.message as string };
    for (let round = 0; round < TRIES; round++) {
      const id = sample === null ? null : await ids.next(name);
      const { path, text } = document(id);
      const created = await createDocument(engine, { collection: name, path, text, ...message });
      if (created.done) {
        out.say(id === null ? displayPath(path) : `${out.paint.bold(id)}  ${displayPath(path)}`);
        return {
          code: EXIT.ok,
          json: { collection: name, id, path, template: wanted.template, revision: created.revision },
        };
      }
      if (id === null) {
        throw new FrontrowError(
          "IN_THE_WAY",
          `"${displayPath(path)}" is there already: nothing was written.`,
          {
            path,
            hint: "Name it otherwise with --set.",
          },
        );
      }
      out.note(`${id} is there already: taking the next`);
    }
    throw new FrontrowError("IN_THE_WAY", `The next ${TRIES} ids of "${name}" are all taken.`, {
      hint: "Somebody makes documents of these names by hand: try again.",
    });
  },
};

type Compose = typeof import("../../shared/templates/mod.ts").newDocumentOf;

/** Makes the document for an id; `sample` stands for it as long as none is taken, null where the collection has none. */
export async function composer(
  call: Call,
  binding: Parameters<Compose>[0],
  title: string | undefined,
  template: { shown: string; text: string } | undefined,
): Promise<{ document(id: string | null): ReturnType<Compose>; sample: string | null }> {
  const [{ newDocumentOf }, { provisionalId }, { at }] = await Promise.all([
    import("../../shared/templates/mod.ts"),
    import("../../shared/ids/mod.ts"),
    import("../../shared/errors.ts"),
  ]);
  const said = {
    title: title?.trim(),
    date: today(),
    author: (await authorOf(call)) ?? "",
    set: (call.options.set ?? {}) as Record<string, string>,
    template: template?.text,
  };
  const { ids } = binding.collection;
  const isText = binding.columns.keys.find(({ column }) => column === ids?.key)?.type === "text";
  const random = (bytes: Uint8Array<ArrayBuffer>) => void crypto.getRandomValues(bytes);
  const sample = ids === null ? null : isText ? provisionalId(ids.format, random) : ids.format.write(1);
  return {
    sample,
    document(id) {
      try {
        return newDocumentOf(binding, { ...said, id });
      } catch (error) {
        // What the template says wrongly is told of the template.
        if (!(error instanceof FrontrowError) || template === undefined || error.code === "USAGE")
          throw error;
        throw error.path === undefined ? at(error, template.shown) : error;
      }
    },
  };
}

/** The day it is here, `2026-11-21`. */
function today(): string {
  const now = new Date();
  const two = (number: number) => String(number).padStart(2, "0");
  return `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`;
}

function collect(given: string, before: Record<string, string> = {}): Record<string, string> {
  const [, name, value] = /^([^=]+)=(.*)$/su.exec(given) ?? [];
  if (name === undefined) throw new InvalidArgumentError("It must be name=value.");
  return { ...before, [name.trim()]: value! };
}
