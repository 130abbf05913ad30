/** What an import must reach, from design/measures.md. */
import { atLeast, atMost, median, type Target } from "./case.ts";
import type { Measured } from "./lanes.ts";
import type { Whole } from "./whole.ts";

/** @param distinct the size that every program was measured at */
export function targetsOf(
  measured: Readonly<Record<string, Readonly<Record<number, Measured>>>>,
  distinct: number,
): Target[] {
  const targets: Target[] = [];
  const at = (place: string, count: number, name: string, pick = secondsOf): number | null => {
    const wholes = measured[place]?.[count]?.get(name)?.wholes;
    return wholes === undefined || wholes.length === 0 ? null : median(wholes.map(pick));
  };
  /** A target on figures that are missing is none. */
  const say = (values: readonly (number | null)[], target: (...values: number[]) => Target): void => {
    if (values.every((value) => value !== null && !Number.isNaN(value)))
      targets.push(target(...(values as number[])));
  };
  const many = 10_000;

  say([at("postgres", many, "frontrow"), at("postgres", many, "read_copy")], (ours, floor) =>
    atMost("10,000 files, times read + COPY", ours / floor, { aim: 2, gate: 3 }),
  );
  say([at("postgres_20ms", many, "frontrow"), at("postgres_20ms", many, "read_copy")], (ours, floor) =>
    atMost("10,000 files at 20 ms round trip, times read + COPY", ours / floor, { aim: 2.5, gate: 4 }),
  );
  for (const size of [distinct, 5000])
    say([at("postgres", size, "frontrow"), at("postgres", size, "mddb")], (ours, theirs) =>
      atLeast(`${size} files, times as fast as MarkdownDB`, theirs / ours, { aim: 15 }),
    );
  for (const [name, label] of [
    ["velite", "Velite"],
    ["content-collections", "content-collections"],
  ] as const)
    say([at("postgres", many, "frontrow"), at("postgres", many, name)], (ours, theirs) =>
      atLeast(`10,000 files, times as fast as ${label}`, theirs / ours, { aim: 1 }),
    );
  say(
    [at("postgres", distinct, "frontrow"), at("postgres", distinct, "upsert_supabase_js")],
    (ours, theirs) =>
      atLeast("times as fast as one supabase-js upsert for each file", theirs / ours, { aim: 5 }),
  );
  say([at("postgres", many, "frontrow", cpuOf)], (cpu) =>
    atMost("10,000 files, client CPU µs per document", (cpu / many) * 1e6, { aim: 120, gate: 200 }),
  );
  say([at("postgres", 50_000, "frontrow", memoryOf)], (memory) =>
    atMost("50,000 files, peak MB of the client", memory, { aim: 200, gate: 300 }),
  );
  say([at("postgres", many, "frontrow"), at("postgres", distinct, "frontrow")], (large, small) =>
    atMost(`${distinct} -> 10,000 files, times as long`, large / small, { aim: 5.5, gate: 7 }),
  );
  return targets;
}

const secondsOf = ({ seconds }: Whole): number => seconds;
const cpuOf = ({ cpu }: Whole): number => cpu;
const memoryOf = ({ memory }: Whole): number => memory;
