/** `frontrow import`, as a person runs it: a process of its own. */
import { type Delay, openDelay } from "../delay.ts";
import type { Whole } from "../whole.ts";
import { helpOf, runFrontrow } from "./frontrow.ts";
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

const FLAGS: Record<WayToLoad, string | null> = {
  direct: "--db-url",
  data_api: "--no-upload",
  uploads: null,
};

let ways: Promise<WayToLoad[]> | undefined;

/** What this `frontrow` can, the fastest first. */
export function waysToLoad(): Promise<WayToLoad[]> {
  ways ??= helpOf("import").then((help) =>
    (Object.keys(FLAGS) as WayToLoad[]).filter((way) => FLAGS[way] === null || help.includes(FLAGS[way])),
  );
  return ways;
}

export async function runOurs(options: OursOptions): Promise<Ours> {
  const { ground, folder, roundTrip = 0 } = options;
  const { stack } = ground.project;
  const way = options.way ?? (await fastest(ground));
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

async function fastest({ databaseUrl }: NotesGround): Promise<WayToLoad> {
  return (await waysToLoad()).find((way) => way !== "direct" || databaseUrl !== undefined)!;
}
