/** What cannot be read as a document, and what the table refuses: set aside with a reason, and nobody else waits. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type Garden, startGarden } from "../../scripts/testing/garden.ts";

let garden: Garden;
before(async () => {
  garden = await startGarden();
});
after(() => garden.stop());

const GOOD = "---\nname: The Critic\nstatus: active\ncharge: 0.5\n---\nBody.\n";
const bytes = (...parts: (string | number[])[]) =>
  new Uint8Array(
    parts.flatMap((part) => (typeof part === "string" ? [...new TextEncoder().encode(part)] : part)),
  );

interface Entry {
  store: string;
  code: string;
  rule: string | null;
  message: string;
  line: number | null;
  hint: string | null;
  version: string;
}

async function quarantined(path: string): Promise<Entry | undefined> {
  const [entry] = await garden.sql.query<Entry>("select * from frontrow.quarantine where path = $1", [path]);
  return entry;
}

async function release(path: string, text: string): Promise<void> {
  await garden.upload(path, text);
  await garden.settle();
  assert.equal(await quarantined(path), undefined, "a good version releases it");
}

const UNREADABLE: [
  name: string,
  content: string | Uint8Array,
  code: string,
  rule: string | null,
  line: number | null,
][] = [
  ["bad YAML", "---\nname: The Critic\nstatus: [active\n---\nBody.\n", "FRONT_MATTER_INVALID", null, null],
  ["a schema violation", GOOD.replace("active", "asleep"), "SCHEMA_VIOLATION", null, 3],
  ["a missing field", "---\nstatus: active\n---\nBody.\n", "SCHEMA_VIOLATION", null, null],
  ["a NUL byte", bytes("---\nname: The", [0], "Critic\nstatus: active\n---\n"), "NUL_BYTE", null, null],
  [
    "invalid UTF-8",
    bytes("---\nname: The ", [0xff, 0xfe], "\nstatus: active\n---\n"),
    "NOT_UTF8",
    null,
    null,
  ],
  [
    "code front matter",
    "---js\nmodule.exports = { name: process.exit(1) }\n---\nBody.\n",
    "FRONT_MATTER_REFUSED",
    null,
    null,
  ],
  ["a value its column cannot hold", GOOD.replace("0.5", "much"), "SCHEMA_VIOLATION", null, 4],
  ["an empty file", "", "SCHEMA_VIOLATION", null, null],
];

for (const [index, [name, content, code, , line]] of UNREADABLE.entries()) {
  test(`${name}: the row and the file stay as they are, until a good version arrives`, async () => {
    const path = `users/bad${index}/parts/critic.md`;
    await garden.upload(path, GOOD);
    await garden.drain();
    const row = await garden.row(path);
    await garden.upload(path, content);
    assert.deepEqual((await garden.drain()).counts, { quarantined: 1 });
    const first = (await quarantined(path))!;
    assert.equal(first.code, code);
    assert.ok(first.rule && first.message.length > 0, JSON.stringify(first));
    if (line !== null) assert.equal(first.line, line);
    assert.deepEqual(await garden.row(path), row);

    // A second look is as bad as the first, and so is one that everything is looked at again for.
    await garden.hub.signal([{ collection: "parts", path }]);
    assert.deepEqual((await garden.drain()).counts, { quarantined: 1 });
    const {
      created_at: _,
      retries: __,
      ...again
    } = (await quarantined(path)) as Entry & Record<string, unknown>;
    const { created_at: ___, retries: ____, ...same } = first as Entry & Record<string, unknown>;
    assert.deepEqual(again, same);
    assert.deepEqual(await garden.row(path), row);
    assert.equal((await garden.hub.backfill({})).marked, 0, "the same bad version is not looked at for ever");

    await release(path, GOOD.replace("0.5", "0.75"));
    assert.equal((await garden.row(path))!.charge, "0.75");
  });
}

test("a bad file that never had a row makes none, and nobody waits for it", async () => {
  const bad = "users/new/parts/bad.md";
  await garden.upload(bad, "---\nname: [\n---\n");
  await garden.upload("users/new/parts/good.md", GOOD);
  assert.deepEqual((await garden.drain()).counts, { quarantined: 1, created: 1 });
  assert.equal(await garden.row(bad), null);
  const [entry] = (await garden.hub.report()).quarantine.filter(({ path }) => path === bad);
  assert.equal(entry!.line, 3);
  await garden.remove(bad);
  await garden.settle();
  assert.equal(await quarantined(bad), undefined, "a bad file that is gone is nobody's concern");
});

test("a row that is edited while its file is bad waits, and is merged when the file is mended", async () => {
  const path = "users/wait/parts/critic.md";
  await garden.upload(path, GOOD);
  await garden.drain();
  await garden.upload(path, "---\nname: [\n---\n");
  await garden.drain();
  await garden.sql.query("update public.parts set status = 'resting' where user_id = 'wait'");
  assert.deepEqual((await garden.drain()).counts, { quarantined: 1 });
  assert.equal(await garden.read(path), "---\nname: [\n---\n");
  await release(path, GOOD.replace("0.5", "1"));
  const { status, charge } = (await garden.row(path))!;
  assert.deepEqual({ status, charge }, { status: "resting", charge: "1" });
  assert.equal(await garden.read(path), GOOD.replace("0.5", "1").replace("active", "resting"));
});

test("a row that is deleted while its file is bad does not take the file with it", async () => {
  const path = "users/gone/parts/critic.md";
  await garden.upload(path, GOOD);
  await garden.drain();
  await garden.upload(path, "---\nname: [\n---\n");
  await garden.sql.query("delete from public.parts where user_id = 'gone'");
  await garden.settle();
  assert.equal(await garden.read(path), "---\nname: [\n---\n");
  await release(path, GOOD.replace("0.5", "1"));
  assert.equal((await garden.row(path))!.charge, "1", "an edit outlives a deletion");
});

test("a second spelling of a row's path is quarantined: one row has one file", async () => {
  const [path, other] = ["users/key/parts/a.md", "users/key/parts/=61.md"] as const;
  await garden.upload(path, GOOD);
  await garden.upload(other, GOOD.replace("The Critic", "An Impostor"));
  assert.deepEqual((await garden.drain()).counts, { created: 1, quarantined: 1 });
  assert.equal((await quarantined(other))!.code, "PATH_INVALID");
  assert.equal((await garden.row(path))!.name, "The Critic");
  await garden.remove(other);
  await garden.settle();
  assert.equal((await garden.row(path))!.name, "The Critic");
});

const REFUSED: [name: string, setUp: string, rule: string][] = [
  ["check", "alter table public.parts add constraint no_cats check (name <> 'Cat %1$s')", "no_cats"],
  ["unique", "create unique index one_name on public.parts (name) where name = 'Cat %1$s'", "one_name"],
  [
    "foreign key",
    `create table public.owners (id text primary key);
     insert into public.owners select distinct user_id from public.parts;
     alter table public.parts add constraint owned foreign key (user_id) references public.owners (id) not valid`,
    "owned",
  ],
  ["not null", "alter table public.parts alter column category set not null", "category"],
  [
    "a trigger that raises",
    `create function public.grumble() returns trigger language plpgsql as $$
       begin if new.name = 'Cat %1$s' then raise exception 'no cats, said %%', new.body; end if; return new; end $$;
     create trigger grumble before insert or update on public.parts for each row execute function public.grumble()`,
    "P0001",
  ],
  [
    "a trigger that swallows",
    `create function public.swallow() returns trigger language plpgsql as $$
       begin if new.name = 'Cat %1$s' then return null; end if; return new; end $$;
     create trigger swallow before insert or update on public.parts for each row execute function public.swallow()`,
    "FR002",
  ],
  [
    "a deferred constraint",
    `create function public.lately() returns trigger language plpgsql as $$
       begin if new.name = 'Cat %1$s' then raise exception 'too late' using errcode = '23514', constraint = 'lately'; end if; return null; end $$;
     create constraint trigger lately after insert or update on public.parts deferrable initially deferred
       for each row execute function public.lately()`,
    "lately",
  ],
];

const UNDO: Record<string, string> = {
  check: "alter table public.parts drop constraint no_cats",
  unique: "drop index public.one_name",
  "foreign key": "alter table public.parts drop constraint owned; drop table public.owners",
  "not null": "alter table public.parts alter column category drop not null",
  "a trigger that raises": "drop function public.grumble cascade",
  "a trigger that swallows": "drop function public.swallow cascade",
  "a deferred constraint": "drop function public.lately cascade",
};

for (const [index, [kind, setUp, rule]] of REFUSED.entries()) {
  test(`${kind}: the row is quarantined by the constraint's name, the other documents go on`, async () => {
    const user = `refused${index}`;
    if (kind === "not null")
      await garden.sql.query("update public.parts set category = 'guide' where category is null");
    await garden.settle();
    await garden.sql.exec(setUp.replaceAll("%1$s", user).replaceAll("%%", "%"));
    try {
      const [bad, good] = [`users/${user}/parts/bad.md`, `users/${user}/parts/good.md`] as const;
      if (kind === "unique") {
        await garden.sql.query("insert into public.parts (user_id, slug, name) values ($1, 'first', $2)", [
          user,
          `Cat ${user}`,
        ]);
        await garden.drain();
      }
      if (kind === "foreign key") await garden.sql.query("insert into public.owners values ('other')");
      const category = kind === "not null" ? "category: guide\n" : "";
      await garden.upload(bad, `---\nname: Cat ${user}\nstatus: active\n---\nsecret words\n`);
      const goodAt = kind === "foreign key" ? "users/other/parts/good.md" : good;
      await garden.upload(goodAt, `---\nname: Dog\nstatus: active\n${category}---\n`);
      assert.deepEqual((await garden.drain()).counts, { quarantined: 1, created: 1 });
      const entry = (await quarantined(bad))!;
      assert.equal(entry.code, "ROW_CONSTRAINT");
      assert.equal(entry.rule, rule);
      assert.doesNotMatch(JSON.stringify(entry), /secret/, "no content is told");
      assert.equal(await garden.row(bad), null);
      assert.equal((await garden.row(goodAt))!.name, "Dog");
    } finally {
      await garden.sql.exec(UNDO[kind]!);
    }
    // The cause was elsewhere and is gone: the next retry finds that.
    await garden.sql.query("update frontrow.quarantine set retry_at = now() where path like $1", [
      `users/${user}/%`,
    ]);
    await garden.sql.query("select frontrow.sweep()");
    await garden.settle();
    assert.equal(await quarantined(`users/${user}/parts/bad.md`), undefined);
    assert.equal((await garden.row(`users/${user}/parts/bad.md`))!.name, `Cat ${user}`);
  });
}

test("a label that the enum does not have", async () => {
  // The zod schema allows it, the table does not: the database's own check decides.
  const path = "users/enum/parts/critic.md";
  await garden.upload(path, GOOD);
  await garden.drain();
  await garden.sql.exec("alter type public.part_status rename value 'resting' to 'asleep'");
  try {
    await garden.upload(path, GOOD.replace("active", "resting"));
    const { results } = await garden.drain();
    const entry = await quarantined(path);
    assert.equal(results[0]!.outcome, "quarantined");
    assert.equal(entry!.code, "ROW_CONSTRAINT");
    assert.equal((await garden.row(path))!.status, "active");
  } finally {
    await garden.sql.exec("alter type public.part_status rename value 'asleep' to 'resting'");
  }
});

test("a row that no file can hold is quarantined, and its file stays", async () => {
  const path = "users/rows/parts/critic.md";
  await garden.upload(path, GOOD);
  await garden.drain();
  await garden.sql.query("update public.parts set tags = '{{a,b},{c,d}}' where user_id = 'rows'");
  assert.deepEqual((await garden.drain()).counts, { quarantined: 1 });
  assert.equal((await quarantined(path))!.store, "table");
  assert.equal(await garden.read(path), GOOD);
  await garden.sql.query("update public.parts set tags = '{a}' where user_id = 'rows'");
  await garden.settle();
  assert.equal(await quarantined(path), undefined);
  assert.match((await garden.read(path))!, /tags:\s*(\[a\]|\n\s*- a)/);
});
