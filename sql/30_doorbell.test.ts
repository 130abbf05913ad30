/** The doorbell rings once per transaction, and no fault of it is ever the user's. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type Garden, startGarden } from "../scripts/testing/garden.ts";
import type { Hub } from "../shared/hub/hub.ts";

const TEXT = "---\nname: The Critic\nstatus: active\n---\nBody.\n";

let garden: Garden;
let rung = 0;
before(async () => {
  garden = await startGarden({
    functions: {
      "frontrow-sync": (request) => {
        assert.equal(request.headers.get("x-frontrow-token"), "hook");
        rung++;
        return new Response("ok");
      },
    },
  });
});
after(() => garden.stop());

async function secrets(given: Record<string, string>): Promise<void> {
  await garden.sql.query("delete from vault.secrets");
  for (const [name, secret] of Object.entries(given)) {
    await garden.sql.query("select vault.create_secret($1, $2)", [secret, name]);
  }
}
const working = () =>
  secrets({ frontrow_functions_url: `${garden.stack.url}/functions/v1`, frontrow_hook_token: "hook" });

/** How often the doorbell rang for `run`. */
async function rings(run: () => Promise<unknown>): Promise<number> {
  await garden.sql.query("update frontrow.runs set finished_at = now()");
  const before = rung;
  await run();
  await garden.stack.net.idle();
  return rung - before;
}

/** Does what a user does on both sides, and shows that it worked and that a later drain brings the sides together. */
async function usersGoOn(user: string): Promise<void> {
  const [file, row] = [`users/${user}/parts/file.md`, `users/${user}/parts/row.md`] as const;
  await garden.upload(file, TEXT);
  await garden.sql.query(
    "insert into public.parts (user_id, slug, name, status) values ($1, 'row', 'R', 'active')",
    [user],
  );
  await garden.sql.query("update public.parts set charge = 1 where user_id = $1", [user]);
  await garden.settle();
  assert.equal((await garden.row(file))!.name, "The Critic");
  assert.match((await garden.read(row))!, /charge: 1/);
  await garden.remove(file);
  await garden.sql.query("delete from public.parts where user_id = $1 and slug = 'row'", [user]);
  await garden.settle();
  assert.deepEqual([await garden.row(file), await garden.read(row)], [null, null]);
}

test("an upload rings it, a row write rings it, what changes nothing does not", async () => {
  await working();
  assert.equal(await rings(() => garden.upload("users/d/parts/a.md", TEXT)), 1);
  await garden.settle();
  assert.equal(
    await rings(() => garden.sql.query("update public.parts set charge = 1 where user_id = 'd'")),
    1,
  );
  assert.equal(
    await rings(() => garden.sql.query("update public.parts set charge = 1 where user_id = 'd'")),
    0,
  );
  assert.equal(await rings(() => garden.upload("other.md", TEXT)), 0);
  assert.equal(await rings(() => garden.settle()), 0, "our own writes ring nothing");
});

test("it rings once per transaction, whatever is in it", async () => {
  const insert = (tx: Pick<typeof garden.sql, "query">, from: number) =>
    tx.query(
      "insert into public.parts (user_id, slug, name) select 'd2', 'p' || i, 'N' from generate_series($1::int, $1::int + 9) as i",
      [from],
    );
  const ten = () =>
    garden.sql.transaction(async (tx) => {
      for (let i = 0; i < 10; i++) await insert(tx, i * 10);
    });
  assert.equal(await rings(ten), 1);
  await garden.settle({ limits: { documents: 200 } });
});

test("a statement over ten thousand rows is ten thousand keys and one ring", async () => {
  const insert = () =>
    garden.sql.query(
      "insert into public.parts (user_id, slug, name) select 'd3', 'p' || i, 'N' from generate_series(1, 10000) as i",
    );
  assert.equal(await rings(insert), 1);
  const [found] = await garden.sql.query(
    "select count(*)::int as signals, count(distinct path)::int as paths from frontrow.dirty",
  );
  assert.deepEqual(found, { signals: 10_000, paths: 10_000 });
  await garden.sql.exec(
    "alter table public.parts disable trigger frontrow_capture_delete; delete from public.parts where user_id = 'd3'; alter table public.parts enable trigger frontrow_capture_delete; delete from frontrow.dirty;",
  );
});

test("it does not ring while a worker is awake", async () => {
  await garden.sql.query(
    "insert into frontrow.runs (id, worker, cause) values (gen_random_uuid(), 'w', 'test')",
  );
  const before = rung;
  await garden.upload("users/d4/parts/a.md", TEXT);
  await garden.stack.net.idle();
  assert.equal(rung, before);
  await garden.settle();
});

test("a rolled back transaction rings nothing and leaves no signal", async () => {
  const undone = () =>
    garden.sql
      .transaction(async (tx) => {
        await tx.query("insert into public.parts (user_id, slug, name) values ('d5', 'a', 'N')");
        throw new Error("undo");
      })
      .catch(() => undefined);
  assert.equal(await rings(undone), 0);
  assert.deepEqual(await garden.sql.query("select from frontrow.dirty"), []);
});

test("a missing secret: users go on, the sweep says what is wrong", async () => {
  await secrets({});
  assert.equal(await rings(() => usersGoOn("d6")), 0);
  assert.equal((await garden.hub.report()).doorbell, "no secret");
  await secrets({ frontrow_functions_url: garden.stack.url });
  assert.equal(await rings(() => usersGoOn("d7")), 0);
});

test("a function that is dead, an address that is nonsense: users go on", async () => {
  await secrets({ frontrow_functions_url: "http://127.0.0.1:9/functions/v1", frontrow_hook_token: "hook" });
  await usersGoOn("d8");
  await secrets({ frontrow_functions_url: "not a url", frontrow_hook_token: "hook" });
  await usersGoOn("d9");
});

test("a vault that is gone: users go on", async () => {
  await garden.sql.exec("alter schema vault rename to vault_elsewhere");
  try {
    await usersGoOn("d10");
  } finally {
    await garden.sql.exec("alter schema vault_elsewhere rename to vault");
  }
});

test("a pg_net that is gone: users go on, and cron's sweep is enough", async () => {
  await working();
  await garden.sql.exec("alter schema net rename to net_elsewhere");
  try {
    await usersGoOn("d11");
    assert.equal((await garden.hub.report()).doorbell, "no pg_net");
    await garden.sql.query("select frontrow.sweep()");
  } finally {
    await garden.sql.exec("alter schema net_elsewhere rename to net");
  }
});

test("a doorbell that was lost is rung again by the sweep, and not when nothing is to do", async () => {
  await secrets({});
  await garden.upload("users/d12/parts/a.md", TEXT);
  await working();
  assert.equal(await rings(() => garden.sql.query("select frontrow.sweep()")), 1);
  await garden.settle();
  assert.equal(await rings(() => garden.sql.query("select frontrow.sweep()")), 0);
});

test("signals of a collection that is no more keep nobody awake", async () => {
  await working();
  await garden.sql.query(
    "insert into frontrow.dirty (collection, path, store) values ('parts', 'users/d13/parts/a.md', 'bucket')",
  );
  const { register } = await import("../shared/sync/register.ts");
  await garden.hub.register([], true);
  assert.equal(await rings(() => garden.sql.query("select frontrow.sweep()")), 0);
  await register(garden.hub, garden.config);
  await garden.hub.backfill({});
  await garden.settle();
});

test("what comes after a worker's last claim, while its heartbeat keeps the bell still, wakes another", async () => {
  await working();
  const late = "users/late/parts/one.md";
  const count = await rings(async () => {
    let isLate = false;
    const hub: Hub = {
      ...garden.hub,
      async finish(run, options) {
        if (!isLate) await garden.upload(late, TEXT);
        isLate = true;
        return garden.hub.finish(run, options);
      },
    };
    await garden.drain({ hub });
  });
  assert.equal(count, 1);
  await garden.settle();
  assert.equal((await garden.row(late))!.name, "The Critic");
});
