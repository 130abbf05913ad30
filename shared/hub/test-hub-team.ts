/** Workers that carry out the engine's steps one by one, so that a test can stand between them. */
import assert from "node:assert/strict";
import gardenConfig from "../../examples/garden/config.ts";
import { type Config, type Policies, resolveConfig } from "../collections/mod.ts";
import { encode } from "../document/mod.ts";
import { type Binding, digestsOf } from "../sync/binding.ts";
import { EDGE_LIMITS, startBudget, systemClock } from "../sync/budget.ts";
import { planDocuments } from "../sync/plan.ts";
import { register } from "../sync/register.ts";
import { toApplyItem } from "../sync/wire.ts";
import { drain } from "../sync/worker.ts";
import type { Applied, ApplyItem, ClaimedDocument, ClaimRequest, Decision, FailItem } from "./hub.ts";
import type { Ground } from "./test-hub-ground.ts";

const LIMITS = { ...EDGE_LIMITS, linger: 0, cpu: Number.POSITIVE_INFINITY };
/** A valve that never closes, but when everything goes. */
const OPEN = { share: 1, atLeast: 1_000_000 };

export class Team {
  readonly #ground: () => Ground;
  bindings!: Map<string, Binding>;

  constructor(ground: () => Ground) {
    this.#ground = ground;
  }

  get ground(): Ground {
    return this.#ground();
  }

  get hub() {
    return this.ground.hub;
  }

  /** The garden with other policies, or another path template. */
  async register(policies: Policies = {}, path?: string): Promise<void> {
    const collections = gardenConfig.collections.map((collection) => ({
      ...collection,
      ...(path === undefined ? {} : { path }),
      policies: { ...collection.policies, valve: OPEN, ...policies },
    }));
    this.bindings = await register(this.hub, resolveConfig({ ...gardenConfig, collections } as Config));
  }

  async claim(change: Partial<ClaimRequest> = {}): Promise<ClaimedDocument[]> {
    const digests = digestsOf(this.bindings);
    const run = crypto.randomUUID();
    return await this.hub.claim({
      worker: "w",
      run,
      cause: "test",
      limit: 50,
      leaseSeconds: 90,
      digests,
      ...change,
    });
  }

  /** The one document that is due. */
  async claimOne(change?: Partial<ClaimRequest>): Promise<ClaimedDocument> {
    const items = await this.claim(change);
    assert.equal(items.length, 1, `due: ${items.map(({ path }) => path).join(", ") || "nothing"}`);
    return items[0]!;
  }

  /** What the engine would do, as it says so to the hub. */
  async decide(item: ClaimedDocument): Promise<ApplyItem> {
    const { bindings, ground } = this;
    const budget = startBudget(LIMITS, systemClock);
    const context = { bindings, bucket: (name: string) => ground.bucket(name), limits: LIMITS, budget };
    const [planned] = await planDocuments(context, [item]);
    assert.ok(
      planned && "plan" in planned,
      planned && "error" in planned ? planned.error.message : "no plan",
    );
    return toApplyItem(item, planned.plan);
  }

  async apply(item: ApplyItem): Promise<Applied> {
    const [applied] = await this.hub.apply(crypto.randomUUID(), [item]);
    return applied!;
  }

  /** Claims the one document that is due and applies what the engine decides. */
  async step(): Promise<{ item: ClaimedDocument; applied: Applied }> {
    const item = await this.claimOne();
    return { item, applied: await this.apply(await this.decide(item)) };
  }

  async write(path: string, text: string, intent: string, base: string | null = ""): Promise<void> {
    await this.ground.bucket("content").write(path, encode(text), { base, intent });
  }

  async confirm(item: ClaimedDocument, intent: string | null) {
    const { collection, path, token } = item;
    const [confirmed] = await this.hub.confirm([{ collection, path, token, intent: intent! }]);
    return confirmed!.outcome;
  }

  async fail(item: ClaimedDocument, kind: FailItem["class"]): Promise<void> {
    const { collection, path, token } = item;
    const failed: FailItem = { collection, path, token, class: kind, code: "X", message: "because" };
    await this.hub.fail(crypto.randomUUID(), [failed]);
  }

  /** A person looks at a document's conflict, and answers it. */
  async answer(path: string, decision: Decision): Promise<void> {
    const collection = "parts";
    const [record] = await this.hub.conflictsOf(path, { collection });
    const { bucket_version = null, table_version = null, revision = 0 } = record ?? {};
    const seen = { bucket_version, table_version, revision };
    await this.hub.resolve({ collection, path, seen, ...decision });
  }

  /** Drains until nothing is pending, every back-off over at once. */
  async settle(): Promise<void> {
    const { hub, bindings, ground } = this;
    const bucket = (name: string) => ground.bucket(name);
    for (let round = 0; round < 12; round++) {
      await ground.endWaits();
      const { more } = await hub.finish(crypto.randomUUID(), { ring: false });
      if (!more) return;
      await drain({ hub, bindings, bucket, cause: "test", limits: LIMITS });
    }
    assert.fail("still pending after 12 runs");
  }

  async status() {
    return (await this.hub.report()).collections[0]!;
  }

  /** A document that both sides agree on. */
  async plant(slug: string, name = "Seed", body = "Body.\n"): Promise<string> {
    const path = pathOf(slug);
    await this.ground.files.put(path, fileOf(name, body));
    await this.settle();
    return path;
  }
}

export function pathOf(slug: string, user = "ada"): string {
  return `users/${user}/parts/${slug}.md`;
}

export function fileOf(name: string, body = "Body.\n"): string {
  return `---\nname: ${name}\nstatus: active\n---\n${body}`;
}
