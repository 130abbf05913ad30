/** `frontrow import`, as a person runs it: a process of its own. */
import { type Delay, openDelay } from "../delay.ts";
import type { Whole } from "../whole.ts";
import { runFrontrow } from "./frontrow.ts";
import type { NotesGround } from "./ground.ts";

export interface OursOptions {
  ground: NotesGround;
  folder: string;
  /** Milliseconds to the project and back. @default 0 */
  roundTrip?: number;
  /** @default the fastest there is */
  way?: WayToLoad;
}

export interface Ours extends Whole {
  /** What went over the wire. */
  traffic: ReturnType<Delay["look"]>;
  /** What it says it did. */
  said: {
    documents: number;
    ignored: number;
    refused: unknown[];
    counts: Record<string, number>;
    in_sync: boolean;
  };
}

/**
 * `direct`: straight to Postgres, rows and hub state only; `data_api`: the same through the Data API; `uploads`: the files
 * to the bucket as well.
 */
export type WayToLoad = "direct" | "data_api" | "uploads";

/** The fastest first; only a server of its own can be reached directly. */
export function waysToLoad({ databaseUrl }: Pick<NotesGround, "databaseUrl">): WayToLoad[] {
  return databaseUrl === undefined ? ["data_api", "uploads"] : ["direct", "data_api", "uploads"];
}

export async function runOurs(options: OursOptions): Promise<Ours> {
  const { ground, folder, roundTrip = 0 } = options;
  const { stack } = ground.project;
  const way = options.way ?? waysToLoad(ground)[0]!;
  const direct = way === "direct";
  const delay = await openDelay(direct ? ground.databaseUrl! : stack.url, roundTrip);
  const flags = [...(direct ? ["--db-url", delay.url] : []), ...(way === "uploads" ? [] : ["--no-upload"])];
  try {
    const whole = await runFrontrow(ground, ["import", folder, ...flags], direct ? stack.url : delay.url);
    return { ...whole, traffic: delay.look(), said: JSON.parse(whole.stdout) as Ours["said"] };
  } finally {
    await delay.close();
  }
}
