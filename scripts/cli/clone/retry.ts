/** `frontrow retry` in a clone: what could not be read is read again, and what the origin refused is sent again. */
import { settleDocument } from "../../../shared/replica/settle.ts";
import { syncClone } from "../../../shared/replica/sync.ts";
import type { Answer, Call } from "../frame/verb.ts";
import { type chosen as choose, listed, said } from "../retry.ts";
import type { Ground } from "./ground.ts";
import { watching } from "./tell.ts";

export async function retryIn(call: Call, ground: Ground, chosen: typeof choose): Promise<Answer> {
  const clone = await ground.connect(watching(call));
  const { hub } = clone;
  const counts: Record<string, number> = {};
  const count = (outcome: string): void => {
    counts[outcome] = (counts[outcome] ?? 0) + 1;
  };
  const found = chosen(call, hub.quarantine());
  if (call.options.dryRun === true) return listed(call, found);
  for (const { collection, path } of found) {
    hub.setQuarantine({ collection, path }, null);
    count((await settleDocument(clone, { collection, path })).outcome);
  }
  if (found.some(({ store }) => store === "push")) {
    const { pushed } = await syncClone(clone, { pull: false });
    for (const { outcome } of pushed.outcomes) count(outcome);
  }
  return said(call, counts, hub.counts().quarantined);
}
