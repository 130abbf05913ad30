/**
 * The hub contract's one test suite: `testHub("postgres", make)`. Every hub passes it: the SQL on PGlite and on a real
 * PostgreSQL, and the one in memory that simulations run on.
 */
import { after, before, beforeEach, describe } from "node:test";
import { testApply } from "./test-hub-apply.ts";
import { testBreaker } from "./test-hub-breaker.ts";
import { testBucketWrites } from "./test-hub-bucket.ts";
import type { Ground } from "./test-hub-ground.ts";
import { testNews } from "./test-hub-news.ts";
import { testPeople } from "./test-hub-people.ts";
import { testQueue } from "./test-hub-queue.ts";
import { Team } from "./test-hub-team.ts";

export function testHub(name: string, make: () => Promise<Ground>): void {
  describe(`the hub contract: ${name}`, () => {
    let ground: Ground;
    const team = new Team(() => ground);
    before(async () => {
      ground = await make();
    });
    beforeEach(async () => {
      await ground.clear();
      await team.register();
    });
    after(() => ground?.stop?.());

    testQueue(team);
    testApply(team);
    testBucketWrites(team);
    testNews(team);
    testPeople(team);
    testBreaker(team);
  });
}
