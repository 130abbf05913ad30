/** What goes wrong, and who is to blame: nobody. Each plague is a loop of its own that stops with the storm. */

import { setTimeout as pause } from "node:timers/promises";
import { decide as answer } from "../testing/decide.ts";
import { type Arena, SPARED } from "./arena.ts";
import type { Crew } from "./crew.ts";
import type { Random } from "./random.ts";

export interface Damage {
  /** Backends ended by pg_terminate_backend. */
  terminated: number;
  /** Statements ended by pg_cancel_backend, as a statement timeout does. */
  cancelled: number;
  /** kill -9 of the postmaster. */
  postmaster: number;
  /** Conflicts that a person decided meanwhile. */
  decided: number;
}

export interface ChaosOptions {
  random: Random;
  isOver(): boolean;
  /** How long the storm is to last. */
  seconds: number;
}

/** Seconds between two deaths of the postmaster; at least one comes, at a third of the storm. */
const POSTMASTER = 12;

export function startChaos(arena: Arena, crew: Crew, { random, isOver, seconds }: ChaosOptions) {
  const { sql, cluster, hub } = arena;
  const damage: Damage = { terminated: 0, cancelled: 0, postmaster: 0, decided: 0 };

  /** Repeats until the storm is over; while the server is down there is nothing to harm. */
  const plague = async (least: number, most: number, strike: () => Promise<void>): Promise<void> => {
    while (!isOver()) {
      await strike().catch(() => undefined);
      await pause(random.between(least, most));
    }
  };
  const signal = async (how: "pg_terminate_backend" | "pg_cancel_backend"): Promise<void> => {
    const hit = await sql.query(
      `select ${how}(pid) from (select pid from pg_stat_activity where backend_type = 'client backend'
        and datname = current_database() and application_name <> $1 and ($2 or state = 'active')
        order by random() limit 1) as unlucky`,
      [SPARED, how === "pg_terminate_backend"],
    );
    damage[how === "pg_terminate_backend" ? "terminated" : "cancelled"] += hit.length;
  };
  const killPostmaster = async () => {
    await cluster.postgres.kill9();
    damage.postmaster++;
    await cluster.postgres.restart();
  };
  const postmaster = async () => {
    await waitUnless(isOver, (seconds * 1000) / 3);
    do {
      await killPostmaster();
      await waitUnless(isOver, POSTMASTER * 1000);
    } while (!isOver());
  };
  /** Back-offs after a failure are minutes; a storm has none. Never in the way of who holds a lease. */
  const impatience = async () => {
    await sql.query(
      `update frontrow.leases as l set not_before = '-infinity' from (
        select collection, path from frontrow.leases where not_before > clock_timestamp() for update skip locked
      ) as waiting where (l.collection, l.path) = (waiting.collection, waiting.path)`,
    );
  };
  const decide = async () => {
    const [open] = await sql.query<{ collection: string; path: string }>(
      "select collection, path from frontrow.conflicts where state = 'open' order by random() limit 1",
    );
    if (!open) return;
    // What was decided about may have moved since: then nothing is decided.
    await answer(hub, open, { keep: random.pick(["file", "row"] as const) }).catch(() => undefined);
    damage.decided++;
  };

  const ended = Promise.all([
    plague(300, 900, () => signal("pg_terminate_backend")),
    plague(400, 1200, () => signal("pg_cancel_backend")),
    plague(1000, 2500, () => crew.killOne()),
    plague(800, 1200, impatience),
    plague(50, 200, decide),
    postmaster(),
  ]);
  return { damage, ended };
}

async function waitUnless(isOver: () => boolean, milliseconds: number): Promise<void> {
  const until = performance.now() + milliseconds;
  while (!isOver() && performance.now() < until) await pause(50);
}
