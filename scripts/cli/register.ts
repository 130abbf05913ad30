/** `frontrow register`: installs the config's collections in the database. */
import { FrontrowError } from "../../shared/errors.ts";
import { EXIT } from "./frame/exit.ts";
import { aligned, plural } from "./frame/text.ts";
import type { Verb } from "./frame/verb.ts";

export const register: Verb = {
  name: "register",
  summary: "install the config's collections in the database",
  notes: "Collections that the config no longer has are forgotten; their rows and files stay.",
  examples: ["frontrow register", "frontrow register --adopt --yes"],
  define(command) {
    command.option(
      "--adopt",
      "the database now belongs to this project: for a clone that is to live by itself",
    );
  },
  async run(call) {
    const { options, shared, out, io } = call;
    if (shared.collection !== undefined) {
      throw new FrontrowError("USAGE", "register installs the whole config: it takes no --collection.");
    }
    const { loadConfig } = await import("./frame/config.ts");
    const { openProject } = await import("./frame/engine.ts");
    const { registrationOf } = await import("../../shared/collections/mod.ts");
    const { hub } = await openProject(call, { signed: true });
    const config = await loadConfig(call);
    const before = await hub.registered();
    const kept = new Set(config.collections.map(({ name }) => name));
    const forgotten = before.map(({ name }) => name).filter((name) => !kept.has(name));
    const question = `Forget ${forgotten.map((name) => `"${name}"`).join(", ")}? The config no longer has it.`;
    if (forgotten.length > 0 && !shared.yes && io.ask !== null && !(await io.ask(question))) {
      throw new FrontrowError("USAGE", "Nothing was registered, as the answer was no.");
    }
    const registered = await hub.register(await Promise.all(config.collections.map(registrationOf)), true, {
      adopt: options.adopt === true,
    });

    const collections = registered.map(({ name, columns, softDelete, rowDelete }) => {
      const { schema, table, bucket, path, fields, body } = config.collections.find(
        (one) => one.name === name,
      )!;
      out.say(`${out.paint.bold(name)}  ${schema}.${table}  ${bucket}/${path.template}`);
      const fieldOf = (column: string): string | null =>
        fields.find((one) => one.column === column)?.field ?? null;
      const rows = columns.map(({ column, type, labels, not_null, mapped }) => [
        `  ${column}`,
        labels === null ? type : `${type} (${labels.join(", ")})`,
        not_null ? "not null" : "",
        mapped
          ? fieldOf(column) === column
            ? ""
            : `field ${fieldOf(column) ?? "(all other keys)"}`
          : "from the path",
      ]);
      for (const line of aligned(rows)) out.say(line);
      if (body !== null) out.say(`  ${body}  the body`);
      out.say(
        `  ${out.paint.dim(rowDelete === "soft" ? "a deleted file sets deleted_at" : "a deleted file deletes its row")}\n`,
      );
      return {
        name,
        table: `${schema}.${table}`,
        bucket,
        path: path.template,
        body,
        columns: columns.map(({ column, type, not_null }) => ({
          column,
          type,
          field: fieldOf(column),
          not_null,
        })),
        soft_delete: softDelete,
        row_delete: rowDelete,
      };
    });
    for (const name of forgotten) out.say(`${name} is not synced any more; its rows and files stay.`);
    out.say(`${out.paint.green("Registered")} ${plural(collections.length, "collection")}.`);
    return { code: EXIT.ok, json: { collections, forgotten } };
  },
};
