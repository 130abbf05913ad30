/** Plays one schedule in an arena: the commands one after the other, then the end. Throws at the first violation. */
import { type Arena, pathOf } from "./arena.ts";
import { assertSame, assertThat, assertUnbroken, checkStatus } from "./check.ts";
import { type Command, DOCS, type Schedule, type Slot } from "./commands.ts";
import type { Coverage } from "./coverage.ts";
import { type Backup, backUp, configure, restore, wipe } from "./disasters.ts";
import { backfill, decide, end, letGo } from "./end.ts";
import * as foreign from "./foreign.ts";
import { Peers } from "./peers.ts";
import { Scene } from "./scene.ts";
import { Puppets, run } from "./workers.ts";

export interface PlayOptions {
  arena: Arena;
  coverage: Coverage;
  /** Years by which the workers' clock is wrong. @default 0 */
  skew?: number;
}

export interface Played {
  /** Everything the engine did, in order. */
  trace: readonly string[];
  commands: number;
}

/** Seconds a worker's lease holds. */
const LEASE = 90;

let plays = 0;

/** @throws {Error} `Violation` when something that must hold does not; anything else is a defect too. */
export async function play(schedule: Schedule, { arena, coverage, skew = 0 }: PlayOptions): Promise<Played> {
  // In memory every schedule has a database of its own, and the same names give the same trace.
  const user = arena.name === "memory" ? "p1" : `p${++plays}`;
  const paths = Array.from({ length: DOCS }, (_, doc) => pathOf(user, `d${doc}`));
  const scene = new Scene({ arena, world: schedule.world, coverage, user, skew }, paths);
  const player = new Player(scene);
  await player.prepare();
  try {
    for (const command of schedule.commands) await player.take(command);
    await player.finish();
  } catch (error) {
    if (error instanceof Error) Object.assign(error, { trace: scene.watch.trace });
    throw error;
  }
  coverage.note("effects", "all", scene.watch.trace.length);
  return { trace: scene.watch.trace, commands: schedule.commands.length };
}

class Player {
  readonly #scene: Scene;
  readonly #puppets: Puppets;
  readonly #peers = new Peers();
  readonly #backups: Backup[] = [];
  #transaction: (() => Promise<void>) | null = null;

  constructor(scene: Scene) {
    this.#scene = scene;
    this.#puppets = new Puppets(scene);
  }

  async prepare(): Promise<void> {
    const { world, arena, coverage } = this.#scene;
    coverage.note("world", `policies ${world.policies}`);
    coverage.note("world", `trigger ${world.trigger}`);
    coverage.note("world", `peer ${world.peer}`);
    await arena.configure(world.policies);
    await arena.rows.trigger(world.trigger);
  }

  async take(command: Command): Promise<void> {
    const scene = this.#scene;
    scene.coverage.note("command", command.do);
    if ("doc" in command && this.#transaction && touchesRows(command)) await this.#commit();
    await this.#carryOut(command);
    assertUnbroken(scene);
    await this.#peers.act(scene);
  }

  async #carryOut(command: Command): Promise<void> {
    const scene = this.#scene;
    const { arena, watch } = scene;
    switch (command.do) {
      case "edit file":
        return await foreign.editFile(scene, command.doc, command.slot);
      case "edit row":
        return await foreign.editRow(scene, command.doc, command.slot);
      case "edit both":
        return await foreign.editBoth(scene, command.doc, command.slot, command.same);
      case "lone edit":
        return await this.#loneEdit(command);
      case "import":
        return await foreign.bringIn(scene, command.doc, command.slot);
      case "delete file":
      case "delete row":
      case "hide row":
        return await foreign.remove(scene, command.doc, command.do);
      case "re-create":
        return await foreign.recreate(scene, command.doc, command.side);
      case "rename file":
        return await foreign.relocate(scene, "file", foreign.movesOf(scene, command));
      case "rename row":
        return await foreign.relocate(scene, "row", foreign.movesOf(scene, command));
      case "move":
      case "swap":
      case "chain":
        return await foreign.relocate(scene, command.side, foreign.movesOf(scene, command));
      case "bad file":
        return await foreign.spoilFile(scene, command.doc);
      case "bad row":
        return await foreign.spoilRow(scene, command.doc);
      case "poison":
        scene.poison.add(scene.path(command.doc));
        return;
      case "killer":
        scene.killers.add(scene.path(command.doc));
        return;
      case "drain":
        this.#keepBackup(await backUp(scene));
        await run(scene);
        return await checkStatus(scene);
      case "two drains":
        await this.#puppets.race(command.order);
        return await checkStatus(scene);
      case "crash":
        await run(scene, { effect: command.effect, what: `dies ${command.when}` });
        return await checkStatus(scene);
      case "lose answer":
        await run(scene, { effect: command.effect, what: command.fate ?? "unanswered" });
        return await checkStatus(scene);
      case "step":
        for (let i = 0; i < command.effects; i++)
          await this.#puppets.step(command.worker, i === command.effects - 1 ? command.fate : "done");
        return await checkStatus(scene);
      case "stale read":
        return arena.files.stale(scene.path(command.doc));
      case "lying remove":
        return arena.files.lie(scene.path(command.doc));
      case "body missing":
        return await arena.files.lose(scene.path(command.doc));
      case "expire":
        await arena.expire();
        return watch.expired();
      case "advance":
        await arena.advance(command.seconds * 1000);
        if (arena.lacks.has("clock") && command.seconds > LEASE) watch.expired();
        return;
      case "sweep":
        return await arena.sweep();
      case "backfill":
        return await backfill(scene);
      case "resolve":
        return await decide(scene, scene.path(command.doc), command.keep);
      case "resume": {
        const [halt] = (await arena.attention()).halts;
        if (halt) await letGo(scene, halt.id, command.decision);
        return;
      }
      case "config":
        return await configure(scene, command.to);
      case "wipe":
        await this.#commit();
        return await wipe(scene, command.how);
      case "restore": {
        await this.#commit();
        const backup = this.#backups.at(-1 - command.back);
        if (backup) await restore(scene, command.side, backup);
        return;
      }
      case "begin":
        await this.#commit();
        return await this.#begin(command.doc, command.slot);
      case "commit":
        return await this.#commit();
      case "blind":
        scene.isBlind = true;
    }
  }

  #keepBackup(backup: Backup): void {
    this.#backups.push(backup);
    if (this.#backups.length > 3) this.#backups.shift();
  }

  /** Two rows at once, by somebody who takes their time to commit. */
  async #begin(doc: number, slot: Slot): Promise<void> {
    const scene = this.#scene;
    if (scene.arena.lacks.has("transactions")) return;
    const edits: Awaited<ReturnType<typeof foreign.rowEdit>>[] = [];
    for (const one of [doc, (doc + 1) % DOCS]) edits.push(await foreign.rowEdit(scene, one, slot));
    const commit = await scene.arena.rows.begin(edits.map(({ change }) => change));
    scene.coverage.note("fault", "late commit");
    this.#transaction = async () => {
      await commit();
      scene.ledger.rewrite(edits.map(({ rewrite }) => rewrite));
      for (const { rewrite } of edits) scene.watch.foreign(rewrite.path);
    };
  }

  async #commit(): Promise<void> {
    const commit = this.#transaction;
    this.#transaction = null;
    await commit?.();
  }

  /** What one edit costs when nothing else goes on (I12), and that it is enough. */
  async #loneEdit(command: Command & { do: "lone edit" }): Promise<void> {
    const scene = this.#scene;
    const { watch, world, arena } = scene;
    const path = scene.path(command.doc);
    const edit = command.side === "file" ? foreign.editFile : foreign.editRow;
    const hasHazard =
      scene.poison.size + scene.killers.size > 0 || scene.isBlind || this.#transaction !== null;
    await arena.files.heal();
    if (!hasHazard && this.#puppets.areIdle && !scene.unseen) {
      await arena.expire();
      watch.expired();
      await run(scene);
    }
    const isQuiet = !hasHazard && this.#puppets.areIdle && (await scene.isQuiet());
    const isWhole = (await arena.files.text(path)) !== null;
    await edit(scene, command.doc, command.slot);
    if (!isQuiet || !isWhole || world.trigger !== "none" || world.peer !== "none") return;
    watch.recount();
    await run(scene);
    const { rpc, read, write } = watch.calls;
    const claims = watch.claims.get(path) ?? 0;
    watch.count("I12 lone edit");
    assertUnbroken(scene);
    if (await scene.isQuiet()) await assertSame(scene, path, "I12: after a lone edit");
    assertThat(
      claims <= 1 && read <= 1 && write <= 1 && rpc <= 6,
      `I12: one edit of ${path} took ${claims} claims, ${read} downloads, ${write} uploads, ${rpc} calls`,
    );
  }

  async finish(): Promise<void> {
    await this.#commit();
    await end(this.#scene, this.#puppets, this.#peers);
  }
}

/** Whether a deed may wait for the rows of an open transaction. */
function touchesRows(command: Command): boolean {
  return !["edit file", "bad file", "resolve", "poison", "killer"].includes(command.do);
}
