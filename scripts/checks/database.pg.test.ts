/** The migrations on a real PostgreSQL, through the real supabase CLI: pushed, pushed again, linted, advised. */
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { cliEnvironment } from "../edge/bundle.ts";
import { bootstrap } from "../local/database/bootstrap.ts";
import { openPostgres } from "../local/database/postgres-js.ts";
import type { Sql } from "../local/database/sql.ts";
import { hasPostgres, startPostgres, type TestPostgres } from "../local/postgres.ts";
import { migrationFiles } from "../migrations.ts";
import { findExample, openProject } from "../start/project.ts";
import { bin, run } from "./run.ts";

const skip = (await hasPostgres({ extensions: ["pg_cron"] })) ? false : "no PostgreSQL with pg_cron here";

describe("the migrations on PostgreSQL", { skip }, () => {
  let server: TestPostgres;
  let sql: Sql;
  let home: string;
  let remote: string;

  const supabase = (args: string[], env: Record<string, string> = {}) =>
    run(bin("supabase"), [...args, `--remote=${remote}`, "--yes"], {
      env: { ...cliEnvironment(home), ...env },
    });
  const secrets = async () => {
    const rows = await sql.query<{ name: string; decrypted_secret: string }>(
      "select name, decrypted_secret from vault.decrypted_secrets where name like 'frontrow%'",
    );
    return Object.fromEntries(rows.map((row) => [row.name, row.decrypted_secret]));
  };

  before(async () => {
    home = await mkdtemp(join(tmpdir(), "frontrow-cli-"));
    server = await startPostgres({ extensions: ["pg_cron"] });
    sql = openPostgres(server.url);
    await sql.exec("create extension pg_cron with schema pg_catalog"); // where hosted Supabase has it
    await bootstrap(sql);
    await sql.exec("create extension plpgsql_check with schema extensions");
    await sql.exec("alter role hosted_postgres login password 'local'");
    await sql.exec("alter role hosted_postgres set search_path = public, extensions"); // as on hosted Supabase
    const { host, pathname } = new URL(server.url);
    remote = `postgresql://hosted_postgres:local@${host}${pathname}`;
  });
  after(async () => {
    await sql?.close();
    await server?.stop();
    await rm(home, { recursive: true, force: true });
  });

  it("`supabase db push` applies every one, and copies the vault's secrets from the environment", async () => {
    const names = await migrationFiles();
    const { code, output } = await supabase(["db", "push"], {
      FRONTROW_FUNCTIONS_URL: "http://127.0.0.1:9/functions/v1",
      FRONTROW_HOOK_TOKEN: "first",
    });
    assert.equal(code, 0, output);
    for (const name of names) assert.match(output, new RegExp(`Applying migration ${name}`));
    const applied = await sql.query("select from supabase_migrations.schema_migrations");
    assert.equal(applied.length, names.length);
    assert.deepEqual(await secrets(), {
      frontrow_functions_url: "http://127.0.0.1:9/functions/v1",
      frontrow_hook_token: "first",
    });
  });

  it("pushed again, it has nothing to do", async () => {
    const { code, output } = await supabase(["db", "push"]);
    assert.equal(code, 0, output);
    assert.match(output, /up to date/);
    assert.doesNotMatch(output, /Applying migration/);
  });

  it("the local stack takes what the CLI pushed for its own, and a project works on it", async () => {
    const project = await openProject({
      example: await findExample("garden"),
      dataDir: "memory",
      databaseUrl: server.url,
    });
    await project.stop();
    const jobs = await sql.query<{ jobname: string; schedule: string }>(
      "select jobname, schedule from cron.job order by jobname",
    );
    assert.ok(jobs.length > 0, "no cron job was made");
  });

  it("`supabase db lint` finds nothing of ours", async () => {
    const { code, output, stdout } = await supabase([
      ...["db", "lint", "--level", "warning", "--fail-on", "warning", "--schema", "frontrow,public"],
    ]);
    const found = stdout.trim().startsWith("[") ? JSON.stringify(JSON.parse(stdout), null, 1) : output;
    assert.equal(code, 0, found);
  });

  it("plpgsql_check finds nothing in the trigger functions either, on the tables they hang on", async () => {
    const found = await sql.query<{ name: string; message: string }>(`
      select p.proname || ' on ' || t.tgrelid::regclass as name, concat_ws(' ', c.lineno, c.level, c.message, c.detail) as message
      from pg_trigger as t
      join pg_proc as p on p.oid = t.tgfoid
      join pg_namespace as n on n.oid = p.pronamespace
      join pg_language as l on l.oid = p.prolang
      cross join lateral extensions.plpgsql_check_function_tb(
        funcoid => t.tgfoid, relid => t.tgrelid,
        -- One function serves insert, update and delete, and each of these triggers has only some of the two tables.
        oldtable => (select max(o.tgoldtable) from pg_trigger as o where o.tgfoid = t.tgfoid and o.tgrelid = t.tgrelid),
        newtable => (select max(o.tgnewtable) from pg_trigger as o where o.tgfoid = t.tgfoid and o.tgrelid = t.tgrelid)) as c
      where n.nspname = 'frontrow' and l.lanname = 'plpgsql' and not t.tgisinternal and c.level in ('error', 'warning')`);
    assert.deepEqual(found, []);
    const [triggers] = await sql.query<{ number: number }>(
      "select count(*)::int as number from pg_trigger as t join pg_proc as p on p.oid = t.tgfoid where p.pronamespace = 'frontrow'::regnamespace",
    );
    assert.ok(triggers!.number > 0);
  });

  it("`supabase db advisors` warns of nothing", async () => {
    const { code, stdout, output } = await supabase([
      ...[
        "db",
        "advisors",
        "--type",
        "all",
        "--level",
        "info",
        "--fail-on",
        "warn",
        "--output-format",
        "json",
      ],
    ]);
    const { results } = JSON.parse(stdout) as { results: { level: string; name: string; detail: string }[] };
    const serious = results
      .filter(({ level }) => level !== "INFO")
      .map(({ level, name, detail }) => `${level} ${name}: ${detail}`);
    assert.deepEqual(serious, []);
    assert.equal(code, 0, output);
    // A private table without policies is what we want, and in an empty database no index was used yet.
    const rest = new Set(results.map(({ name }) => name));
    for (const expected of ["rls_enabled_no_policy", "unused_index"]) rest.delete(expected);
    assert.deepEqual(
      [...rest],
      [],
      JSON.stringify(
        results.filter(({ name }) => rest.has(name)),
        null,
        1,
      ),
    );
  });
});
