/** The stack as a whole: start, persistence, migrations, functions, concurrency, stop. */
import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { createClient } from "@supabase/supabase-js";
import { hasPostgres, startPostgres } from "./postgres.ts";
import { startStack } from "./stack.ts";

const temporary = () => mkdtemp(join(tmpdir(), "frontrow-stack-"));
const bytes = (text: string) => new TextEncoder().encode(text);

test("a data folder keeps rows, files, keys and migrations; orphaned bodies go at the next start", async () => {
  const dataDir = await temporary();
  const migrations = await temporary();
  await writeFile(
    join(migrations, "20260101000000_first.sql"),
    "create table public.notes (n int); grant all on public.notes to service_role;",
  );
  const one = await startStack({ dataDir, cron: false });
  assert.deepEqual(await one.migrate(migrations), ["20260101000000_first.sql"]);
  const client = createClient(one.url, one.secretKey);
  await client.from("notes").insert({ n: 1 });
  await client.storage.createBucket("b");
  await client.storage.from("b").upload("a.md", bytes("kept"));
  await one.storage.bodies.put(crypto.randomUUID(), bytes("orphan"));
  await one.stop();

  const two = await startStack({ dataDir, cron: false });
  assert.equal(two.secretKey, one.secretKey);
  assert.deepEqual(await two.migrate(migrations), []);
  const again = createClient(two.url, two.secretKey);
  assert.deepEqual((await again.from("notes").select()).data, [{ n: 1 }]);
  assert.equal(await (await again.storage.from("b").download("a.md")).data!.text(), "kept");
  assert.equal((await two.storage.bodies.versions()).length, 1);
  await two.stop();
  await Promise.all([dataDir, migrations].map((folder) => rm(folder, { recursive: true })));
});

test("a folder in use, a taken port and a dead database are refused, and nothing stays open", async () => {
  const dataDir = await temporary();
  const one = await startStack({ dataDir, cron: false });
  await assert.rejects(startStack({ dataDir }), /runs a stack on it/);
  const taken = Number(new URL(one.url).port);
  await assert.rejects(startStack({ port: taken }), /Address already in use|AddrInUse/i);
  await assert.rejects(startStack({ databaseUrl: "postgres://postgres@127.0.0.1:9/postgres" }), {
    code: "ECONNREFUSED",
  });
  await one.stop();
  await (await startStack({ dataDir, cron: false })).stop();
  await rm(dataDir, { recursive: true });
});

test("kill -9 of the whole stack: what was committed is there, the folder can be used again", async () => {
  const dataDir = await temporary();
  const program = `
    import { startStack } from "${new URL("./stack.ts", import.meta.url)}";
    const stack = await startStack({ dataDir: ${JSON.stringify(dataDir)}, cron: false });
    await stack.sql.exec("create table public.kept (n int)");
    for (let n = 1; ; n++) {
      await stack.sql.query("insert into public.kept values ($1)", [n]);
      console.log(n);
    }`;
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "-"],
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
    cwd: import.meta.dirname,
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(bytes(program));
  await writer.close();
  let last = 0;
  for await (const chunk of child.stdout.pipeThrough(new TextDecoderStream())) {
    last = Number(chunk.trim().split("\n").at(-1)) || last;
    if (last >= 200) break;
  }
  child.kill("SIGKILL");
  await child.status;
  const stack = await startStack({ dataDir, cron: false });
  const [{ count, max }] = (await stack.sql.query("select count(*), max(n) from public.kept")) as [
    { count: number; max: number },
  ];
  assert.ok(max >= last, `${max} rows, ${last} were reported`);
  assert.equal(count, max);
  await stack.stop();
  await rm(dataDir, { recursive: true });
});

test("migrations run in name order, each whole or not at all, as a role that is no superuser", async () => {
  const stack = await startStack({ cron: false });
  const folder = await temporary();
  await writeFile(join(folder, "2_two.sql"), "create table public.two (n int); select 1 / 0;");
  await writeFile(
    join(folder, "1_one.sql"),
    "create schema app; create function app.who() returns text language sql security definer as $$ select current_user::text $$;",
  );
  await assert.rejects(stack.migrate(folder), /2_two\.sql: division by zero/);
  assert.deepEqual(await stack.sql.query("select version, name from supabase_migrations.schema_migrations"), [
    { version: "1", name: "one" },
  ]);
  assert.equal((await stack.sql.query("select to_regclass('public.two') as t"))[0]!.t, null);
  assert.equal((await stack.sql.query("select app.who() as who"))[0]!.who, "hosted_postgres");
  // what hosted Supabase does not allow either
  for (const text of [
    "alter table storage.objects add column x int",
    "create index on storage.objects (name)",
    "create table storage.mine (n int)",
    "alter table storage.objects disable trigger all",
  ]) {
    await writeFile(join(folder, "2_two.sql"), text);
    await assert.rejects(stack.migrate(folder), { code: "42501" }, text);
  }
  // and what it does
  await writeFile(
    join(folder, "2_two.sql"),
    `
    create function app.touched() returns trigger language plpgsql security definer set search_path = '' as $$ begin return null; end $$;
    create trigger _900_touched after insert or update or delete on storage.objects for each row execute function app.touched();
    select cron.schedule('sweep', '30 seconds', 'select 1');
    select vault.create_secret('s', 'n');
    select net.http_post('http://127.0.0.1:9/');
    create function public.plain(request jsonb) returns jsonb language sql as 'select request';`,
  );
  await stack.migrate(folder);
  const client = createClient(stack.url, stack.secretKey);
  assert.equal(
    (await client.rpc("plain", { request: {} })).error!.code,
    "42501",
    "nothing new is exposed until it is granted",
  );
  await stack.stop();
  await rm(folder, { recursive: true });
});

test("functions: path without the prefix, streaming body, a thrown error, an unknown slug, mounted later", async () => {
  const stack = await startStack({
    cron: false,
    functions: {
      "frontrow-sync": async (request) =>
        Response.json({
          path: new URL(request.url).pathname,
          query: new URL(request.url).search,
          body: await request.text(),
          key: request.headers.get("apikey"),
        }),
      broken: () => {
        throw new Error("oh");
      },
    },
  });
  const call = (path: string, init?: RequestInit) => fetch(`${stack.url}/functions/v1/${path}`, init);
  const answer = await call("frontrow-sync/run?x=1", {
    method: "POST",
    body: "hi",
    headers: { apikey: "token" },
  });
  assert.deepEqual(await answer.json(), {
    path: "/frontrow-sync/run",
    query: "?x=1",
    body: "hi",
    key: "token",
  });
  const [broken, absent] = [await call("broken"), await call("later")];
  assert.deepEqual([broken.status, absent.status], [500, 404]);
  await Promise.all([broken.body?.cancel(), absent.body?.cancel()]);
  stack.mount("later", () => new Response("now"));
  assert.equal(await (await call("later")).text(), "now");
  const { data } = await createClient(stack.url, stack.secretKey).functions.invoke("frontrow-sync", {
    body: { a: 1 },
  });
  assert.equal(data.body, '{"a":1}');
  await stack.stop();
});

test("transactions of many requests at once stay apart", async () => {
  const stack = await startStack({ cron: false });
  await stack.sql.exec(`
    create table public.counted (n int);
    create function public.count_or_fail(request jsonb) returns jsonb language plpgsql security definer as $$
    begin
      insert into public.counted values ((request ->> 'n')::int);
      if (request ->> 'fail')::boolean then raise exception 'no'; end if;
      return to_jsonb(current_setting('request.headers')::jsonb ->> 'x-n');
    end $$;
    grant execute on function public.count_or_fail to service_role;`);
  const answers = await Promise.all(
    Array.from({ length: 100 }, (_, n) =>
      createClient(stack.url, stack.secretKey, { global: { headers: { "x-n": String(n) } } }).rpc(
        "count_or_fail",
        { request: { n, fail: n % 2 === 1 } },
      ),
    ),
  );
  answers.forEach(({ data, error }, n) => {
    assert.deepEqual([data, error?.message], n % 2 === 1 ? [null, "no"] : [String(n), undefined]);
  });
  assert.equal((await stack.sql.query("select from public.counted")).length, 50);
  await stack.stop();
});

test("using the outer sql inside a transaction throws instead of waiting for ever", async () => {
  const stack = await startStack({ cron: false });
  await assert.rejects(
    stack.sql.transaction(async () => await stack.sql.query("select 1")),
    /Inside a transaction use/,
  );
  assert.deepEqual(await stack.sql.query("select 1 as one"), [{ one: 1 }]);
  await stack.stop();
  await stack.stop();
});

test("stop does not wait for ever for a function that never ends", async () => {
  let reached = 0;
  const never = () => {
    reached++;
    return new Promise<Response>(() => {});
  };
  const stack = await startStack({ cron: false, functions: { never } });
  await stack.sql.query("select net.http_post($1)", [`${stack.url}/functions/v1/never`]);
  const direct = fetch(`${stack.url}/functions/v1/never`);
  while (reached < 2) await new Promise((resolve) => setTimeout(resolve, 1));
  const started = performance.now();
  await stack.stop();
  assert.ok(performance.now() - started < 5000);
  assert.equal((await direct).status, 503);
});

test("on a real Postgres, idle waits for rings it has not heard yet", {
  skip: !(await hasPostgres()) && "no PostgreSQL here",
}, async () => {
  const postgres = await startPostgres();
  let rung = 0;
  const stack = await startStack({
    databaseUrl: postgres.url,
    cron: false,
    functions: { ring: () => new Response(`${++rung}`) },
  });
  for (let i = 1; i <= 50; i++) {
    await stack.sql.query("select net.http_post($1)", [`${stack.url}/functions/v1/ring`]);
    await stack.net.idle();
    assert.equal(rung, i);
  }
  await stack.stop();
  await postgres.stop();
});

test("a slow function delays nobody: a hundred uploads while it runs", async () => {
  const stack = await startStack({ cron: false });
  let release!: () => void;
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  stack.mount("slow", async () => {
    await held;
    return new Response("ok");
  });
  const client = createClient(stack.url, stack.secretKey);
  await client.storage.createBucket("b");
  await stack.sql.query("select net.http_post($1)", [`${stack.url}/functions/v1/slow`]);
  const answers = await Promise.all(
    Array.from({ length: 100 }, (_, i) => client.storage.from("b").upload(`${i}.md`, bytes(`${i}`))),
  );
  assert.ok(answers.every(({ error }) => error === null));
  release();
  await stack.net.idle();
  await stack.stop();
});

test("on a real Postgres: start twice at once, survive its crash, lose the unlogged queue", {
  skip: !(await hasPostgres()) && "no PostgreSQL here",
}, async () => {
  const postgres = await startPostgres();
  try {
    const both = await Promise.all([
      startStack({ databaseUrl: postgres.url, cron: false, pgNet: "off" }),
      startStack({ databaseUrl: postgres.url, cron: false, pgNet: "off" }),
    ]);
    const [stack, other] = both;
    await other.stop();
    const client = createClient(stack.url, stack.secretKey);
    await client.storage.createBucket("b");
    await client.storage.from("b").upload("a.md", bytes("kept"));
    await stack.sql.query("select net.http_post('http://127.0.0.1:9/') from generate_series(1, 10)");
    await stack.sql.exec("checkpoint");
    await postgres.kill9();
    assert.notEqual((await client.storage.from("b").upload("b.md", bytes("lost"))).error, null);
    await postgres.restart();
    assert.equal(await (await client.storage.from("b").download("a.md")).data!.text(), "kept");
    assert.equal((await client.storage.from("b").upload("b.md", bytes("new"))).error, null);
    assert.deepEqual(await stack.sql.query("select from net.http_request_queue"), []);
    assert.equal((await stack.sql.query("select net.http_post('http://127.0.0.1:9/') as id"))[0]!.id, 1);
    await postgres.kill9();
    await stack.stop(); // with nobody at the other end
  } finally {
    await postgres.stop();
  }
});
