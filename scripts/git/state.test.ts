import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { pull } from "./pull.ts";
import { stateOf } from "./state.ts";
import { startWorld, type World } from "./test-repository.ts";

let world: World;
before(async () => {
  world = await startWorld();
});
after(() => world.end());

const OPTIONS = { reconcile: () => ({ text: null }), onPulled: () => Promise.resolve() };

test("where a clone stands: its branch, what it follows, how far it is ahead and behind", async () => {
  const remote = world.bare();
  const a = await world.clone("a", remote);
  assert.deepEqual(await stateOf(await a.open()), {
    branch: "main",
    head: null,
    busy: null,
    remote: { name: "origin", branch: "main", isUpstream: true },
    remotes: ["origin"],
    submodules: [],
    ahead: null,
    behind: null,
  });
  await a.put("x.md", "x\n");
  a.git("add", "-A");
  a.git("commit", "-qm", "one");
  a.git("push", "-q");
  const b = await world.clone("b", remote);
  await pull(await b.open(), OPTIONS);
  for (const name of ["y.md", "z.md"]) {
    await b.put(name, "y\n");
    b.git("add", "-A");
    b.git("commit", "-qm", name);
  }
  const { ahead, behind, head } = await stateOf(await b.open());
  assert.deepEqual([ahead, behind, head], [2, 0, b.git("rev-parse", "HEAD")]);
});

test("a branch that follows nothing: where it would be published, or nowhere", async () => {
  const clone = await world.clone("alone");
  assert.deepEqual(
    [(await stateOf(await clone.open())).remote, (await stateOf(await clone.open())).remotes],
    [null, []],
  );
  clone.git("remote", "add", "up.stream", world.bare("up"));
  assert.deepEqual((await stateOf(await clone.open())).remote, {
    name: "up.stream",
    branch: "main",
    isUpstream: false,
  });
  clone.git("remote", "add", "second", world.bare("second"));
  const { remote, remotes } = await stateOf(await clone.open());
  assert.deepEqual([remote, remotes], [null, ["up.stream", "second"]]);
  clone.git("config", "branch.main.remote", "second");
  clone.git("config", "branch.main.merge", "refs/heads/trunk");
  assert.deepEqual((await stateOf(await clone.open())).remote, {
    name: "second",
    branch: "trunk",
    isUpstream: true,
  });
});
