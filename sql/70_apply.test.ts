/**
 * What a worker relies on when it writes: everything it decided on must still be so, and it must still be its turn. A
 * worker on strings is held right before it writes; the world moves on; then it may go.
 */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Puppet, withEffects } from "../scripts/testing/effects.ts";
import { endWaits, type Garden, startGarden } from "../scripts/testing/garden.ts";

let garden: Garden;
before(async () => {
  garden = await startGarden();
});
after(() => garden.stop());

const text = (name: string, charge = "0.5") =>
  `---\nname: ${name}\nstatus: active\ncharge: ${charge}\n---\nBody.\n`;

let users = 0;
async function agreed() {
  const user = `u${++users}`;
  const path = `users/${user}/parts/x.md`;
  await garden.upload(path, text("One"));
  await garden.settle();
  return {
    user,
    path,
    editRow: (change: string) =>
      garden.sql.query(`update public.parts set ${change} where user_id = $1`, [user]),
    row: () => garden.row(path),
    file: () => garden.read(path),
    async revisions() {
      const found = await garden.sql.query<{ author: string; deleted: boolean }>(
        "select author, deleted from frontrow.revisions where path = $1 order by revision",
        [path],
      );
      return found.map(({ author, deleted }) => (deleted ? "deleted" : author));
    },
  };
}

/** The outcomes of a path in the log, oldest first. */
async function outcomes(path: string): Promise<string[]> {
  const found = await garden.sql.query<{ outcome: string; code: string | null }>(
    "select outcome, code from frontrow.run_items where path = $1 order by id",
    [path],
  );
  return found.map(({ outcome, code }) => (code ? `${outcome} ${code}` : outcome));
}

test("the row moved since it was read: nothing is written, the next look merges", async () => {
  const one = await agreed();
  await garden.upload(one.path, text("Two"));
  const worker = new Puppet(garden);
  await worker.stepTo("apply");
  await one.editRow("charge = 1, name = name || '!'");
  await worker.step();
  const moved = (await one.row())!;
  assert.deepEqual([moved.name, moved.charge], ["One!", "1"], "the user's row was not overwritten");
  assert.deepEqual((await outcomes(one.path)).at(-1), "deferred REPLICA_MOVED");
  await worker.finish();
  await garden.settle();
  assert.equal((await garden.hub.report()).conflicts.filter(({ path }) => path === one.path).length, 1);
});

test("the row moved since it was read, and the plan only records it: that is stale as well", async () => {
  const one = await agreed();
  await one.editRow("charge = 1");
  const worker = new Puppet(garden);
  await worker.stepTo("apply");
  await one.editRow("charge = -1");
  await worker.finish();
  assert.equal((await one.row())!.charge, "-1");
  await garden.settle();
  assert.equal(await one.file(), text("One", "-1"));
  assert.equal((await one.row())!.charge, "-1");
  assert.deepEqual(
    await one.revisions(),
    ["bucket", "table"],
    "what was there only in between is nobody's version",
  );
});

test("the row moved since it was read: it is not deleted with its file", async () => {
  const one = await agreed();
  await garden.remove(one.path);
  const worker = new Puppet(garden);
  await worker.stepTo("apply");
  await one.editRow("charge = 1");
  await worker.finish();
  assert.equal((await one.row())?.charge, "1");
  await garden.settle();
  assert.equal(await one.file(), text("One", "1"), "an edit outlives a deletion");
});

test("the object moved since it was read: the old bytes do not reach the row", async () => {
  const one = await agreed();
  await garden.upload(one.path, text("Two"));
  const worker = new Puppet(garden);
  await worker.stepTo("apply");
  await garden.upload(one.path, text("Three"));
  await worker.step();
  assert.equal((await one.row())!.name, "One");
  assert.deepEqual((await outcomes(one.path)).at(-1), "deferred REPLICA_MOVED");
  await worker.finish();
  await garden.settle();
  assert.equal((await one.row())!.name, "Three");
  assert.deepEqual(await one.revisions(), ["bucket", "bucket"]);
});

test("the object came back since it was seen gone: the row is not deleted", async () => {
  const one = await agreed();
  await garden.remove(one.path);
  const worker = new Puppet(garden);
  await worker.stepTo("apply");
  await garden.upload(one.path, text("Back"));
  await worker.step();
  assert.equal((await one.row())?.name, "One", "the evidence is of this moment");
  await worker.finish();
  await garden.settle();
  assert.equal((await one.row())!.name, "Back");
  assert.ok(!(await one.revisions()).includes("deleted"));
});

test("the hub moved since it was read: nothing is written", async () => {
  const one = await agreed();
  await garden.upload(one.path, text("Two"));
  const worker = new Puppet(garden);
  await worker.stepTo("apply");
  await garden.sql.query("update frontrow.documents set revision = revision + 1 where path = $1", [one.path]);
  await worker.step();
  assert.equal((await one.row())!.name, "One");
  assert.deepEqual((await outcomes(one.path)).at(-1), "deferred REPLICA_MOVED");
  await garden.sql.query("update frontrow.documents set revision = revision - 1 where path = $1", [one.path]);
  await worker.finish();
  await garden.settle();
  assert.equal((await one.row())!.name, "Two");
});

test("a worker whose lease ran out writes nowhere: not the row, not the bucket, not the log of signals", async () => {
  const one = await agreed();
  await garden.upload(one.path, text("Two"));
  const zombie = new Puppet(garden);
  await zombie.stepTo("apply");
  await endWaits(garden.sql);
  await garden.settle();
  assert.equal((await one.row())!.name, "Two", "another worker has done it");
  await one.editRow("name = 'Three'");
  const before = await one.revisions();
  await zombie.step();
  assert.deepEqual(await one.revisions(), before);
  assert.equal((await one.row())!.name, "Three");
  await zombie.finish();
  await garden.settle();
  assert.equal(await one.file(), text("Three"));
});

test("a worker whose lease ran out while nobody else came is refused too", async () => {
  const one = await agreed();
  await garden.upload(one.path, text("Two"));
  const zombie = new Puppet(garden);
  await zombie.stepTo("apply");
  await endWaits(garden.sql);
  await zombie.step();
  assert.equal((await one.row())!.name, "One");
  await zombie.finish();
  await garden.settle();
  assert.equal((await one.row())!.name, "Two");
});

test("a zombie's upload is refused at Storage, and its confirmation at the hub", async () => {
  const one = await agreed();
  await one.editRow("name = 'Two'");
  const zombie = new Puppet(garden);
  await zombie.stepTo("write");
  await endWaits(garden.sql);
  await one.editRow("name = 'Three'");
  await garden.settle();
  assert.equal(await one.file(), text("Three"));
  await zombie.finish();
  assert.equal(await one.file(), text("Three"));

  await one.editRow("name = 'Four'");
  const late = new Puppet(garden);
  await late.stepTo("confirm");
  await endWaits(garden.sql);
  await one.editRow("name = 'Five'");
  await garden.settle();
  const bases = () =>
    garden.sql.query("select * from frontrow.bases where path = $1 order by store", [one.path]);
  const before = await bases();
  await late.finish();
  assert.deepEqual(await bases(), before);
  assert.equal(await one.file(), text("Five"));
});

test("only the holder of the lease confirms", async () => {
  const one = await agreed();
  await one.editRow("name = 'Two'");
  const worker = new Puppet(garden);
  await worker.stepTo("confirm");
  const [intent] = await garden.sql.query<{ id: string }>(
    "select id from frontrow.intents where state = 'landed'",
  );
  const item = { collection: "parts", path: one.path, token: "1", intent: intent!.id };
  const [answer] = await garden.hub.confirm([item]);
  assert.equal(answer!.outcome, "fenced");
  await worker.finish();
  assert.deepEqual(await outcomes(one.path), ["created", "updated"]);
});

test("a zombie's delete of an object that was made again is refused", async () => {
  const one = await agreed();
  await garden.sql.query("delete from public.parts where user_id = $1", [one.user]);
  const zombie = new Puppet(garden);
  await zombie.stepTo("remove");
  await endWaits(garden.sql);
  await garden.settle();
  assert.equal(await one.file(), null);
  await garden.upload(one.path, text("Again"));
  await garden.settle();
  await zombie.finish();
  assert.equal(await one.file(), text("Again"));
  assert.equal((await one.row())!.name, "Again");
});

test("a change that arrives during the pass is not forgotten with those that were seen", async () => {
  const one = await agreed();
  await garden.upload(one.path, text("Two"));
  const worker = new Puppet(garden);
  await worker.stepTo("apply");
  await garden.sql.query(
    "insert into frontrow.dirty (collection, path, store) values ('parts', $1, 'bucket')",
    [one.path],
  );
  await worker.step();
  const left = await garden.sql.query("select from frontrow.dirty where path = $1", [one.path]);
  assert.equal(left.length, 1);
  await worker.finish();
});

test("our upload that a user's overtook is not believed, and both are kept", async () => {
  const one = await agreed();
  await one.editRow("charge = 1");
  const worker = new Puppet(garden);
  await worker.stepTo("write");
  await garden.upload(one.path, text("User"));
  await worker.step();
  assert.equal(await one.file(), text("User"), "the fence kept the user's bytes");
  await worker.finish();
  await garden.settle();
  assert.equal(await one.file(), text("User", "1"));
  const { name, charge } = (await one.row())!;
  assert.deepEqual({ name, charge }, { name: "User", charge: "1" });
});

test("a user's delete that overtakes ours is no alarm about the fence", async () => {
  const one = await agreed();
  await garden.sql.query("delete from public.parts where user_id = $1", [one.user]);
  const worker = new Puppet(garden);
  await worker.stepTo("remove");
  await garden.remove(one.path);
  await worker.finish();
  await garden.settle();
  assert.equal((await garden.hub.report()).state.fence, "active");
  assert.deepEqual([await one.row(), await one.file()], [null, null]);
});

test("a gateway that strips the intent header is noticed, and nothing is deleted until it is mended", async () => {
  const one = await agreed();
  const stripped = (name: string) => {
    const store = garden.bucket(name);
    return {
      ...store,
      write: (...[path, content, permit, keep]: Parameters<typeof store.write>) =>
        store.write(path, content, { ...permit, intent: null }, keep),
      remove: (...[path, permit]: Parameters<typeof store.remove>) =>
        store.remove(path, { ...permit, intent: null }),
    };
  };
  await one.editRow("name = 'Two'");
  const { results } = await garden.drain({ bucket: stripped });
  assert.equal(results.at(-1)!.code, "FENCE_INACTIVE");
  assert.equal((await garden.hub.report()).state.fence, "inactive");

  const other = await agreed();
  await garden.sql.query("delete from public.parts where user_id = $1", [other.user]);
  await garden.drain({ bucket: stripped });
  assert.equal(await other.file(), text("One"), "no delete without the fence");

  await one.editRow("name = 'Three'");
  await garden.settle();
  assert.equal((await garden.hub.report()).state.fence, "active", "a write that was seen proves it");
  await garden.settle();
  assert.equal(await other.file(), null);
});

test("one item of a batch that cannot be carried out leaves nothing behind and stops nobody", async () => {
  const [good, bad] = [await agreed(), await agreed()];
  await garden.upload(good.path, text("Good"));
  await garden.upload(bad.path, text("Bad"));
  await garden.sql.exec(`alter table public.parts add constraint no_bad check (name <> 'Bad')`);
  const revisions = await bad.revisions();
  await garden.drain();
  assert.equal((await good.row())!.name, "Good");
  assert.equal((await bad.row())!.name, "One");
  assert.deepEqual(await bad.revisions(), revisions);
  await garden.sql.exec("alter table public.parts drop constraint no_bad");
});

test("an answer that never arrives is not repeated blindly: what landed is known from the hub", async () => {
  const one = await agreed();
  await one.editRow("name = 'Two'");
  let isLost = true;
  const engine = withEffects(garden, async (effect, call) => {
    const answer = await call();
    if (effect === "write" && isLost) {
      isLost = false;
      throw new Error("the connection was reset");
    }
    return answer;
  });
  await garden.drain({ hub: engine.hub, bucket: engine.bucket });
  const [landed] = await garden.sql.query("select version from storage.objects where name = $1", [one.path]);
  await garden.settle();
  assert.deepEqual(
    await garden.sql.query("select version from storage.objects where name = $1", [one.path]),
    [landed],
  );
  assert.equal(await one.file(), text("Two"));
});
