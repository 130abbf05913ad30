/** After the storm: no faults any more, and everything must come together by itself. */
import { FrontrowError } from "../../shared/errors.ts";
import { drain } from "../../shared/sync/worker.ts";
import type { Engine } from "../testing/effects.ts";
import { settle } from "../testing/garden.ts";
import type { Arena } from "./arena.ts";

/** How often the queue may be drained until it is empty. */
const MOST_ROUNDS = 60;

/**
 * Drains until nothing is due, looks once more at what was set aside (its cause may be gone), and drains again.
 * @param engine another one than the arena's, for a control
 */
export async function calm(arena: Arena, engine: Engine = arena): Promise<void> {
  const { sql, hub } = arena;
  await sql.query("update torture.weather set user_errors = 0");
  const drainAll = () => settle(sql, () => drainOnce(engine), MOST_ROUNDS);
  await drainAll();
  const aside = await sql.query<{ collection: string; path: string }>(
    "select collection, path from frontrow.quarantine",
  );
  if (aside.length > 0) await hub.signal(aside);
  await drainAll();
}

/** One run. A connection that turns out to have been cut is answered by the next one. */
async function drainOnce(engine: Engine): Promise<string[]> {
  const outcomes: string[] = [];
  try {
    await drain({
      ...engine,
      cause: "calm",
      limits: { linger: 0, cpu: Number.POSITIVE_INFINITY },
      onResults: (part) =>
        outcomes.push(...part.map(({ path, outcome, code }) => `${path} ${outcome} ${code ?? ""}`)),
    });
  } catch (error) {
    if (!(error instanceof FrontrowError && error.retryable)) throw error;
    outcomes.push(error.message);
  }
  return outcomes;
}
