/** `frontrow.yaml` as the command line takes it: found upwards, and told what is wrong with it. */
import assert from "node:assert/strict";
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { EXIT } from "./frame/exit.ts";
import { cli, folderOf, root } from "./test-cli.ts";

const asked: IncomingHttpHeaders[] = [];
/** Refuses everybody, and remembers who knocked. */
const server = createServer((request, response) => {
  asked.push(request.headers);
  response.writeHead(401, { "content-type": "application/json" }).end('{"message":"no"}');
});
let url: string;

before(async () => {
  await new Promise<void>((ready) => void server.listen(0, "127.0.0.1", ready));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
after(() => void server.close());

const yaml = (more = "") => `origin:\n  url: ${url}\n  key: TEAM_KEY\n${more}`;
/** The key that came with the last question; undefined: nobody asked. */
const keyUsed = () => asked.splice(0).at(-1)?.apikey;

test("origin and key come from the file, wherever below it the person stands", async () => {
  const top = await folderOf({ "frontrow.yaml": yaml(), "a/b/x.md": "" });
  const environment = { TEAM_KEY: "sb_secret_of_the_team", SUPABASE_SECRET_KEY: "sb_secret_of_another" };
  for (const folder of [top, join(top, "a", "b")]) {
    const { code, stderr } = await cli(["status"], { root: top, folder, environment });
    assert.equal(code, EXIT.unreachable, stderr);
    assert.equal(keyUsed(), environment.TEAM_KEY);
  }
});

test("the file's key is for the file's project alone, and another's is not sent to it", async () => {
  const top = await folderOf({ "frontrow.yaml": yaml() });
  const other = { root: top, folder: top, environment: { SUPABASE_SECRET_KEY: "sb_secret_of_another" } };
  const without = await cli(["status", "--json"], other);
  assert.deepEqual([without.code, keyUsed()], [EXIT.usage, undefined]);
  assert.match(without.json.error.hint, /^Set TEAM_KEY, the environment variable that frontrow\.yaml names/);
  const elsewhere = await cli(["status", "--url", "http://127.0.0.1:9"], {
    ...other,
    environment: { TEAM_KEY: "sb_secret_of_the_team" },
  });
  assert.equal(elsewhere.code, EXIT.usage, "TEAM_KEY is not that project's");
  const typed = await cli(["status", "--url", url], { ...other, environment: { TEAM_KEY: "sb_secret_t" } });
  assert.deepEqual([typed.code, keyUsed()], [EXIT.unreachable, "sb_secret_t"]);
});

test("the collections' file is looked for beside it; its schema is that of tables without one", async () => {
  const shared = JSON.stringify(join(root, "shared", "mod.ts"));
  const zod = JSON.stringify(join(root, "node_modules", "zod", "index.js"));
  const config = `import { defineCollection, defineConfig } from ${shared};
import { z } from ${zod};
const one = (name: string, table: string) =>
  defineCollection({ name, table, path: name + "/:slug.md", fields: z.object({ title: z.string() }) });
export default defineConfig({ collections: [one("plans", "plans"), one("notes", "public.notes")] });
`;
  const folder = await folderOf({
    "frontrow.yaml": yaml("  schema: team\nconfig: etc/collections.ts\n"),
    "etc/collections.ts": config,
  });
  const { loadConfig } = await import("./frame/config.ts");
  const { createOutput } = await import("./frame/output.ts");
  const io = { root, folder: join(folder, "etc"), environment: {}, colour: {} } as never;
  const call = { io, shared: {} as never, out: createOutput(io, { json: false, quiet: true }) };
  const { collections } = await loadConfig(call);
  assert.deepEqual(
    collections.map(({ name, schema, table }) => [name, schema, table]),
    [
      ["plans", "team", "plans"],
      ["notes", "public", "notes"],
    ],
  );
});

test("what is wrong with it is told with its line, what is deprecated is told once; no key is repeated", async () => {
  const wrong = await folderOf({ "frontrow.yaml": yaml("stores:\n  directory:\n    syncPaht: x\n") });
  const { code, json } = await cli(["status", "--json"], { root: wrong, folder: wrong });
  assert.deepEqual([code, json.error.code, json.error.line], [EXIT.usage, "CONFIG_INVALID", 6]);
  assert.match(json.error.message, /did you mean syncPath\?/);
  const old = await folderOf({ "frontrow.yaml": yaml("stores:\n  directory:\n    watchEnabled: true\n") });
  const environment = { TEAM_KEY: "k" };
  const { stderr } = await cli(["sync"], { root, folder: old, environment });
  assert.equal(stderr.match(/frontrow\.yaml:6: watchEnabled is deprecated/g)?.length, 1, stderr);
  const key = "sb_secret_0123456789abcdef";
  const typed = await folderOf({ "frontrow.yaml": `origin: { url: "${url}", key: ${key} }\n` });
  const told = await cli(["status"], { root: typed, folder: typed });
  assert.equal(told.code, EXIT.usage);
  assert.match(told.stderr, /looks like a key/);
  assert.ok(!told.stderr.includes(key));
});
