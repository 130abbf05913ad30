/** `frontrow watch`: in a clone, keeps the folder and the origin the same until it is interrupted. */

import { signed } from "./frame/author.ts";
import { notInAClone } from "./frame/clone-only.ts";
import { seconds } from "./frame/numbers.ts";
import type { Verb } from "./frame/verb.ts";

export const watch: Verb = {
  name: "watch",
  summary: "in a clone: keep the folder and the origin the same until interrupted",
  notes:
    "A burst of changes is one batch (syncDebounce in frontrow.yaml). While the origin cannot be reached, everything is kept here, and goes out when it is back.",
  examples: ["frontrow watch", "frontrow watch --every 30 --quiet"],
  define(command) {
    signed(command)
      .option("--every <seconds>", "how often the origin is asked what is new", seconds, 5)
      .option("--deletions", "many files that are gone at once were deleted on purpose");
  },
  inClone: async (call, ground) => (await import("./clone/watch.ts")).watchIn(call, ground),
  run: notInAClone,
};
