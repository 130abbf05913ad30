/** `frontrow push`: in a clone, the folder's news to the origin. */
import { signed } from "./frame/author.ts";
import { notInAClone } from "./frame/clone-only.ts";
import type { Verb } from "./frame/verb.ts";

export const push: Verb = {
  name: "push",
  summary: "in a clone: send what is new here to the origin",
  notes:
    "Never over somebody else's change: what the origin has newer is merged here and sent again, and what both sides changed is a conflict. Offline everything waits in the outbox, in order.",
  examples: ["frontrow push", 'frontrow push --message "spelling"'],
  takesFilter: true,
  define(command) {
    signed(command)
      .option("--deletions", "many files that are gone at once were deleted on purpose")
      .option("--dry-run", "list what would be sent; send nothing");
  },
  inClone: async (call, ground) => (await import("./clone/sync.ts")).syncIn("push", call, ground),
  run: notInAClone,
};
