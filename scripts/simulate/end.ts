/** The end of a schedule: faults are over, people mend and decide, and then everything must be as it should. */
import { FrontrowError } from "../../shared/errors.ts";
import { decide as answer } from "../testing/decide.ts";
import { pathOf, STILL } from "./arena.ts";
import { assertSame, assertThat, assertUnbroken, checkStatus } from "./check.ts";
import { configure } from "./disasters.ts";
import { commit } from "./foreign.ts";
import type { Peers } from "./peers.ts";
import type { Scene } from "./scene.ts";
import { editedRow, isDocument, rowText } from "./texts.ts";
import { type Puppets, run } from "./workers.ts";

/** Runs, with every wait over, until nothing is pending. */
export async function settle(scene: Scene, peers: Peers, most = 14): Promise<void> {
  for (let round = 0; round < most; round++) {
    await scene.arena.expire();
    scene.watch.expired();
    if (scene.watch.isFenceOff) await proveFence(scene);
    await run(scene, null, 20);
    assertUnbroken(scene);
    const isActive = await peers.act(scene);
    if (!isActive && (await scene.arena.status()).pending === 0) return;
  }
  const last = scene.watch.trace.slice(-6).join("; ");
  assertThat(false, `I13: still pending after ${most} runs: ${last}`);
}

/** After a remove that lied: an upload that goes through the fence shows that it works. */
async function proveFence(scene: Scene): Promise<void> {
  const path = pathOf(scene.user, scene.freshName());
  scene.paths.push(path);
  const set = editedRow(null, "name", () => scene.ledger.token(path));
  await commit(scene, {
    rows: [{ op: "put", path, set }],
    rewrites: [{ path, before: "", after: JSON.stringify(set) }],
  });
}

export async function end(scene: Scene, puppets: Puppets, peers: Peers): Promise<void> {
  const { arena } = scene;
  scene.isBlind = false;
  if (scene.isElsewhere) await configure(scene, scene.world.policies);
  await puppets.finish();
  await arena.files.heal();
  // Poisoned documents stay as they are for now: they must hold up nobody else (I13).
  await settle(scene, peers);
  await checkStatus(scene);
  await checkHealthy(scene);
  await arena.sweep();
  await backfill(scene);
  await settle(scene, peers);
  await checkHealthy(scene);
  scene.poison.clear();
  scene.killers.clear();
  peers.stop();
  if (scene.world.trigger === "count") await arena.rows.trigger("none");
  await mend(scene, peers);
  await assertEnd(scene, peers);
}

export async function backfill(scene: Scene): Promise<void> {
  await scene.watch.hub.backfill({});
  scene.unseen = scene.isElsewhere;
}

/** Whatever is set aside, all others are in sync (I1). */
async function checkHealthy(scene: Scene): Promise<void> {
  if (scene.unseen) return;
  const { quarantined, conflicts, halted, halts } = await scene.arena.attention();
  const isHalted = halts.some(({ kind }) => kind !== "oscillation");
  for (const path of scene.paths) {
    if (quarantined.has(path) || conflicts.has(path) || halted.has(path)) continue;
    // A deletion that the valve holds back may be any document's.
    if (isHalted && scene.ledger.deleted.has(path)) continue;
    scene.watch.count("I1 healthy");
    await assertSame(scene, path, "I1: not set aside");
  }
}

/** People mend their bad files and rows, decide their conflicts and confirm or undo what was halted. */
async function mend(scene: Scene, peers: Peers): Promise<void> {
  const { arena, ledger } = scene;
  // They come later: what counts within ten minutes no longer does.
  await arena.advance(11 * 60_000);
  if (arena.lacks.has("clock")) scene.watch.expired();
  for (let round = 0; round < 5; round++) {
    // Documents that failed five times are looked at again once somebody signals that something changed.
    if (round > 0) await scene.watch.hub.signal(scene.paths.map((path) => ({ collection: "parts", path })));
    for (const [index, path] of scene.paths.entries()) {
      const [text, row] = [await arena.files.text(path), await arena.rows.row(path)];
      if (text !== null && !isDocument(text)) {
        const mended = `---\nname: ${ledger.token(path)}\nstatus: active\n---\n`;
        const rewrite = { path, before: text, after: mended };
        await commit(scene, { files: [{ op: "put", path, text: mended }], rewrites: [rewrite] });
      }
      if (row?.tags?.includes("")) {
        const rewrite = { path, before: rowText(row), after: rowText({ ...row, tags: null }) };
        await commit(scene, { rows: [{ op: "put", path, set: { tags: null } }], rewrites: [rewrite] });
      }
      await decide(scene, path, index % 2 === 0 ? "file" : "row");
    }
    await settle(scene, peers);
    for (const { id } of (await arena.attention()).halts)
      await letGo(scene, id, id % 2 === 0 ? "apply" : "restore");
    await settle(scene, peers);
    if (await scene.isQuiet()) return;
  }
}

export async function decide(scene: Scene, path: string, keep: "file" | "row"): Promise<void> {
  const { conflicts } = await scene.arena.attention();
  if (!conflicts.has(path)) return;
  await answer(scene.watch.hub, { collection: "parts", path }, { keep }).catch((error) => {
    // A side has moved on since the record was made.
    if (!(error instanceof FrontrowError && error.code === "REPLICA_MOVED")) throw error;
  });
  scene.watch.foreign(path);
  scene.coverage.note("decision", `keep ${keep}`);
}

export async function letGo(scene: Scene, id: number, wanted: "apply" | "restore"): Promise<void> {
  const { halts } = await scene.arena.attention();
  const halt = halts.find((one) => one.id === id);
  if (!halt) return;
  // Only what was deleted can be given back.
  const decision = halt.kind === "deletions" ? wanted : "apply";
  try {
    await scene.watch.hub.resume(id, decision);
  } catch (error) {
    // Refused aloud: a sync has to look at everything first.
    if (halt.kind !== "scope-changed" || !/still being looked into/.test(String(error))) throw error;
    return await backfill(scene);
  }
  scene.coverage.note("decision", `${decision} ${halt.kind}`);
  scene.watch.resumed(halt.paths, decision);
  for (const path of halt.paths) {
    scene.watch.foreign(path);
    if (decision === "restore") scene.ledger.gone.delete(path);
  }
}

async function assertEnd(scene: Scene, peers: Peers): Promise<void> {
  const { arena, ledger, watch, paths, user } = scene;
  assertThat(
    await scene.isQuiet(),
    `I1: not quiet at the end: ${JSON.stringify([await arena.status(), await attentionOf(scene)])}`,
  );
  const before = JSON.stringify(await arena.state(user));
  await watch.hub.signal(paths.map((path) => ({ collection: "parts", path })));
  watch.recount();
  await settle(scene, peers);
  watch.count("I5 second look");
  assertThat(JSON.stringify(await arena.state(user)) === before, "I5: a second look finds something to do");

  const current: string[] = [];
  for (const path of paths) {
    const said = await assertSame(scene, path, "I1: at the end");
    if (said !== null) current.push(said);
    watch.count("I3 and I4");
    if (ledger.gone.has(path)) assertThat(said === null, `I3: ${path} is back from the dead`);
  }
  for (const path of STILL) await assertSame(scene, path, "I1: at the end");
  const kept = await arena.kept(user);
  const lost = ledger.lost(current.join("\n"), kept, await arena.disputed());
  watch.count("I2 tokens");
  assertThat(
    lost.length === 0,
    `I2: ${lost[0]} is lost; it was in ${[...(ledger.live.get(lost[0] ?? "") ?? [])]}`,
  );
  for (const path of paths) {
    if (ledger.deleted.has(path) || ledger.disturbed.has(path)) continue;
    const wasMade = kept.includes(JSON.stringify(path));
    if (wasMade) assertThat((await arena.files.text(path)) !== null, `I4: ${path} was deleted by nobody`);
  }
  assertUnbroken(scene);
}

async function attentionOf({ arena }: Scene): Promise<unknown> {
  const { quarantined, conflicts, halts } = await arena.attention();
  return { quarantined: [...quarantined], conflicts: [...conflicts], halts };
}
