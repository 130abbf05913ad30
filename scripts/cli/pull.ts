/** `frontrow pull`: in a clone, the origin's news into the folder. */

import { signed } from "./frame/author.ts";
import { notInAClone } from "./frame/clone-only.ts";
import type { Verb } from "./frame/verb.ts";

export const pull: Verb = {
  name: "pull",
  summary: "in a clone: fetch what is new at the origin, and merge it into the files",
  notes:
    "The folder's own changes are taken in first, and nothing is written over them: what both sides changed is a conflict, with both versions kept. Ends with 3 while there is one.",
  examples: ["frontrow pull", "frontrow pull --dry-run --json"],
  takesFilter: true,
  define(command) {
    signed(command)
      .option("--deletions", "many files that are gone at once were deleted on purpose")
      .option("--dry-run", "list what is new; change nothing");
  },
  inClone: async (call, ground) => (await import("./clone/sync.ts")).syncIn("pull", call, ground),
  run: notInAClone,
};
