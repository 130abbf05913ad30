/** What the tests of the simulator share: schedules that failed once, and seeds that show what is switched off. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Arena } from "./arena.ts";
import type { Schedule } from "./commands.ts";
import { Coverage } from "./coverage.ts";
import { type Found, tried } from "./run.ts";
import seeds from "./seeds.json" with { type: "json" };

interface Fixture {
  name: string;
  on: readonly string[];
  schedule: Schedule;
}

/** Schedules that failed once. */
export const FIXTURES = seeds.schedules as unknown as readonly Fixture[];

/** A seed from which the simulator soon misses a protection that is off, by its name. */
export const MISSED: Readonly<Record<string, number>> = seeds.without;

export function assertNothing(found: Found | null): void {
  assert.equal(found && `seed ${found.seed}: ${found.violation}\n${JSON.stringify(found.schedule)}`, null);
}

/** All fixtures of an arena, one test each. */
export function testFixtures(arena: () => Arena): void {
  for (const { name, on, schedule } of FIXTURES) {
    if (!on.includes("memory") && !on.includes("sql")) throw new Error(`"${name}" is played nowhere`);
    test(`once it failed: ${name}`, async (t) => {
      if (!on.includes(arena().name)) return t.skip(`only on ${on}`);
      assertNothing(await tried(1, schedule, { arena: arena(), coverage: new Coverage() }));
    });
  }
}
