/**
 * Stands between the engine and the arena and sees every call and its true answer, even of those that the engine never
 * hears. What must hold at every moment is checked here; what was broken is found in `violations`.
 */
import type { Applied, ApplyItem, Hub } from "../../shared/hub/hub.ts";
import type { Store } from "../../shared/stores/store.ts";
import { type Arena, FOLDER } from "./arena.ts";
import type { Coverage } from "./coverage.ts";
import { VALVE } from "./world.ts";

interface Lease {
  token: string;
  until: number;
}

/** How the engine wrote one document, in the hub's own order. */
interface Writes {
  /** Since somebody else last touched it. */
  count: number;
  side: "row" | "object" | "both" | null;
  /** When it went to the other side, or to both at once. */
  turns: number[];
}

const WINDOW = 600_000;
/** The breaker's own count (6) is finer: it begins anew when a person steps in, and lets what a crash left undone pass. */
const MOST_TURNS = 12;
const NOT_APPLIED = new Set(["fenced", "stale", "deferred", "halted", "quarantined"]);

export class Watch {
  readonly violations: string[] = [];
  readonly trace: string[] = [];
  /** Since `recount`. */
  calls = { rpc: 0, read: 0, write: 0 };
  readonly claims = new Map<string, number>();
  readonly writes = new Map<string, Writes>();
  readonly hub: Hub;
  /** Storage said "done" to something the fence never saw; the hub deletes nothing until the fence is seen at work. */
  isFenceOff = false;
  /** Who acts, for the trace. */
  actor = "";
  /** Engine writes of a document that nobody else has touched since, at most: none is echoed for ever (I6). */
  readonly #mostWrites: number;
  readonly #arena: Arena;
  readonly #coverage: Coverage;
  readonly #leases = new Map<string, Lease>();
  readonly #intents = new Map<string, { path: string; token: string }>();
  /** By path, when. */
  readonly #deletions = new Map<string, number>();
  /** Deletions that a person has confirmed. */
  readonly confirmed = new Set<string>();

  constructor(arena: Arena, coverage: Coverage, mostWrites: number) {
    this.#mostWrites = mostWrites;
    this.#arena = arena;
    this.#coverage = coverage;
    this.hub = new Proxy(arena.hub, {
      get:
        (hub, verb: keyof Hub) =>
        async (...args: unknown[]) => {
          this.calls.rpc++;
          if (verb === "apply") await this.#beforeApply(args[1] as ApplyItem[]);
          const answer = await (hub[verb] as (...given: unknown[]) => Promise<unknown>)(...args);
          await this.#answered(verb, args, answer);
          // No two transactions begin at the same moment.
          await arena.advance(1);
          return answer;
        },
    });
  }

  bucket(name: string): Store<Uint8Array> {
    const store = this.#arena.bucket(name);
    return {
      name: store.name,
      read: async (path, expected) => {
        const answer = await store.read(path, expected);
        if (expected !== null) this.calls.read++;
        this.#log("read", `${path}=${answer.state === "unknown" ? answer.error.code : answer.state}`);
        this.#coverage.note("read", answer.state === "unknown" ? answer.error.code : answer.state);
        return answer;
      },
      write: async (path, content, permit, keep) => {
        this.calls.write++;
        try {
          await store.write(path, content, permit, keep);
        } catch (error) {
          this.#log("write", `${path}=${(error as { code?: string }).code}`);
          this.#coverage.note("write", (error as { code?: string }).code ?? "error");
          throw error;
        }
        this.#log("write", `${path}=landed`);
        this.#coverage.note("write", "landed");
        if (permit.intent !== null) this.#landed(path, permit.intent);
      },
      remove: async (path, permit) => {
        const before = await this.#arena.files.exists(path);
        await store.remove(path, permit);
        const isGone = before && !(await this.#arena.files.exists(path));
        this.#log("remove", `${path}=${isGone ? "landed" : "nothing"}`);
        this.#coverage.note("remove", isGone ? "landed" : "nothing");
        if (isGone && permit.intent !== null) this.#landed(path, permit.intent);
      },
    };
  }

  /** Somebody else wrote or decided something about the document. */
  foreign(path: string): void {
    // A config that leads elsewhere gives the same row another path.
    for (const one of [path, path.replace("/parts/", "/kept/")]) {
      const writes = this.writes.get(one);
      if (writes) writes.count = 0;
    }
  }

  /** A person let a halt go on. */
  resumed(paths: readonly string[], decision: "apply" | "restore"): void {
    this.#deletions.clear();
    for (const path of paths) {
      if (decision === "apply") this.confirmed.add(path);
      const writes = this.writes.get(path);
      if (writes) writes.turns = [];
    }
  }

  /** Every lease has run out. */
  expired(): void {
    for (const lease of this.#leases.values()) lease.until = Number.NEGATIVE_INFINITY;
  }

  recount(): void {
    this.calls = { rpc: 0, read: 0, write: 0 };
    this.claims.clear();
  }

  fail(invariant: string, what: string): void {
    this.violations.push(`${invariant}: ${what}`);
  }

  count(invariant: string): void {
    this.#coverage.note("check", invariant);
  }

  #log(effect: string, what: string): void {
    this.trace.push(`${this.actor} ${effect} ${what}`);
  }

  async #answered(verb: keyof Hub, args: unknown[], answer: unknown): Promise<void> {
    if (verb === "claim")
      this.#claimed(args[0] as { leaseSeconds: number }, answer as { path: string; token: string }[]);
    else if (verb === "apply") await this.#applied(args[1] as ApplyItem[], answer as Applied[]);
    else if (verb === "confirm") {
      for (const [index, item] of (args[0] as { path: string; token: string }[]).entries()) {
        const { outcome } = (answer as { outcome: string }[])[index]!;
        this.#coverage.note("confirm", outcome);
        this.#log("confirm", `${item.path}=${outcome}`);
        if (outcome === "fence-inactive" || outcome === "confirmed")
          this.isFenceOff = outcome !== "confirmed";
        if (outcome !== "fenced") this.#mustHold(item, "confirmed");
        if (outcome === "confirmed") this.#leases.delete(item.path);
      }
    } else if (verb === "fail") {
      for (const item of args[1] as { path: string; token: string; class: string; code: string }[]) {
        this.#coverage.note("fail", `${item.class} ${item.code}`);
        this.#log("fail", `${item.path}=${item.code}`);
        this.#release(item);
      }
    }
  }

  #claimed(
    { leaseSeconds }: { leaseSeconds: number },
    items: readonly { path: string; token: string }[],
  ): void {
    const now = this.#arena.now();
    this.count("I8 one holder");
    for (const { path, token } of items) {
      const held = this.#leases.get(path);
      if (held && held.until > now) this.fail("I8", `${path} was claimed while another holder had it`);
      this.#leases.set(path, { token, until: now + leaseSeconds * 1000 });
      this.claims.set(path, (this.claims.get(path) ?? 0) + 1);
    }
    this.#coverage.note("claim", items.length === 0 ? "nothing" : "documents");
    this.#log("claim", items.map(({ path }) => path).join(" "));
  }

  #mustHold({ path, token }: { path: string; token: string }, what: string): void {
    const held = this.#leases.get(path);
    const isHolder = held?.token === token && held.until > this.#arena.now();
    this.count("I8 fence");
    if (!isHolder) this.fail("I8", `${path} was ${what} by a holder whose lease was over`);
  }

  #release({ path, token }: { path: string; token: string }): void {
    const held = this.#leases.get(path);
    if (held?.token === token) held.until = Number.NEGATIVE_INFINITY;
  }

  /** The engine deletes only what is really gone from one side at that moment. */
  async #beforeApply(items: readonly ApplyItem[]): Promise<void> {
    for (const item of items) {
      if (!deletes(item)) continue;
      this.#wasWhole.delete(item.path);
      const [file, row] = [await this.#arena.files.exists(item.path), await this.#arena.rows.row(item.path)];
      if (file && row !== null) this.#wasWhole.add(item.path);
    }
  }
  readonly #wasWhole = new Set<string>();

  async #applied(items: readonly ApplyItem[], answers: readonly Applied[]): Promise<void> {
    for (const [index, item] of items.entries()) {
      const { outcome, intent } = answers[index]!;
      this.#coverage.note("outcome", outcome);
      this.#log("apply", `${item.path}=${outcome}`);
      if (outcome !== "fenced") this.#mustHold(item, `written (${outcome})`);
      if (outcome === "stale" || outcome === "deferred") this.#release(item);
      else if (outcome !== "fenced") {
        if (intent == null) this.#leases.delete(item.path);
        else this.#intents.set(intent, item);
      }
      if (NOT_APPLIED.has(outcome)) continue;
      if (item.conflict)
        this.#coverage.note("conflict", item.conflict.held ? "held" : item.conflict.decidedBy);
      if (deletes(item)) await this.#deleted(item.path);
      else if (item.revisions.length > 0) this.#deletions.delete(item.path);
      const side = item.row && item.object ? "both" : item.row ? "row" : item.object ? "object" : null;
      if (side) this.#wrote(item.path, side);
    }
  }

  async #deleted(path: string): Promise<void> {
    this.count("I4 evidence");
    if (this.#wasWhole.has(path))
      this.fail("I4", `${path} was deleted though both its file and its row were there`);
    if (this.confirmed.has(path)) return;
    const now = this.#arena.now();
    for (const [other, at] of this.#deletions) if (at <= now - WINDOW) this.#deletions.delete(other);
    this.#deletions.set(path, now);
    const { documents } = await this.#arena.status();
    const [gone, alive] = [this.#deletions.size, documents + this.#deletions.size];
    this.count("I14 valve");
    if (gone > Math.max(VALVE.atLeast, VALVE.share * alive) || (documents <= 0 && alive >= 3))
      this.fail("I14", `${gone} of ${alive} documents were deleted and nobody was asked`);
  }

  #wrote(path: string, side: NonNullable<Writes["side"]>): void {
    const now = this.#arena.now();
    const before = this.writes.get(path) ?? { count: 0, side: null, turns: [] };
    const turns = before.turns.filter((at) => at > now - WINDOW);
    if (before.side !== null && (side === "both" || side !== before.side)) turns.push(now);
    this.writes.set(path, { count: before.count, side, turns });
    if (side !== "object") this.#changed(path);
    this.#coverage.note("engine writes", side);
    this.count("I6 breaker");
    if (turns.length > MOST_TURNS)
      this.fail("I6", `${path} went to and fro ${turns.length} times in ten minutes and nothing stopped it`);
  }

  /** A row was written, or an object has landed. */
  #changed(path: string): void {
    const writes = this.writes.get(path);
    if (!writes) return;
    writes.count++;
    this.#coverage.note("writes since the last edit", String(writes.count));
    this.count("I6 silence");
    if (writes.count > this.#mostWrites)
      this.fail("I6", `${path} was written ${writes.count} times since anybody else touched it`);
  }

  #landed(path: string, intent: string): void {
    this.#changed(path);
    const made = this.#intents.get(intent);
    this.count("I8 fence at Storage");
    if (made && this.#leases.get(path)?.token !== made.token)
      this.fail("I8", `${path} was written by a holder that another one had taken over from`);
  }
}

function deletes({ tombstone, row, object }: ApplyItem): boolean {
  return tombstone || row?.op === "delete" || object?.op === "delete";
}

export function engineOf(arena: Arena, watch: Watch) {
  return { hub: watch.hub, bucket: () => watch.bucket(FOLDER), bindings: arena.bindings };
}
