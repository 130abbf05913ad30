/** A store in memory, for tests: every version of every replica is kept, and it fails in the ways real ones do. */
import { FrontrowError } from "../errors.ts";
import type { Store, Version } from "./store.ts";

/** What goes wrong with the next call of that kind; each fault happens once. */
export type Fault =
  /** The request never arrives. */
  | "unavailable"
  /** It is carried out, and the answer is lost. */
  | "lost-answer"
  /** A cache answers with the content before. Reads only. */
  | "stale"
  /** The record is there, its content is not. Reads only. */
  | "body-missing"
  /** It says "done" and did nothing. Removes only. */
  | "lie";

export interface MemoryStore<Content> extends Store<Content> {
  /** The version that is there now; null when nothing is. */
  versionOf(path: string): Version | null;
  /** Somebody else's write: no precondition. */
  put(path: string, content: Content): Version;
  /** Somebody else's removal. */
  drop(path: string): void;
  /** The next read, write or remove meets the fault. */
  break(call: "read" | "write" | "remove", fault: Fault): void;
}

export function createMemoryStore<Content>(): MemoryStore<Content> {
  const current = new Map<string, Version>();
  const contents = new Map<Version, Content>();
  const before = new Map<string, Version>();
  const faults: { call: string; fault: Fault }[] = [];
  let versions = 0;

  function next(call: string): Fault | null {
    const at = faults.findIndex((one) => one.call === call);
    return at < 0 ? null : faults.splice(at, 1)[0]!.fault;
  }

  function put(path: string, content: Content): Version {
    const version = `v${++versions}`;
    const old = current.get(path);
    if (old !== undefined) before.set(path, old);
    contents.set(version, structuredClone(content));
    current.set(path, version);
    return version;
  }

  function check(path: string, base: Version | null): void {
    if ((current.get(path) ?? null) !== base) {
      throw new FrontrowError("REPLICA_MOVED", `"${path}" is not at the version this write was meant for.`, {
        path,
      });
    }
  }

  const unavailable = (path: string) =>
    new FrontrowError("STORE_UNAVAILABLE", `The store did not answer for "${path}".`, { path });

  return {
    name: "memory",
    versionOf: (path) => current.get(path) ?? null,
    put,
    drop(path) {
      current.delete(path);
    },
    break(call, fault) {
      faults.push({ call, fault });
    },

    read(path, expected) {
      const fault = next("read");
      if (fault === "unavailable" || fault === "lost-answer") {
        return Promise.resolve({ state: "unknown", error: unavailable(path) });
      }
      if (expected === null) return Promise.resolve({ state: "absent" });
      const served = fault === "stale" ? before.get(path) : current.get(path);
      if (served === undefined || fault === "body-missing") {
        const error = new FrontrowError("BODY_MISSING", `"${path}" has a record but no content.`, { path });
        return Promise.resolve({ state: "unknown", error });
      }
      if (served !== expected.version) {
        const error = new FrontrowError("REPLICA_MOVED", `"${path}" is at another version.`, { path });
        return Promise.resolve({ state: "unknown", error });
      }
      return Promise.resolve({
        state: "found",
        version: served,
        content: structuredClone(contents.get(served)!),
      });
    },

    async write(path, content, { base }) {
      const fault = next("write");
      if (fault === "unavailable") throw unavailable(path);
      check(path, base);
      put(path, content);
      if (fault === "lost-answer") throw unavailable(path);
    },

    async remove(path, { base }) {
      const fault = next("remove");
      if (fault === "unavailable") throw unavailable(path);
      if (fault === "lie" || !current.has(path)) return;
      check(path, base);
      current.delete(path);
      if (fault === "lost-answer") throw unavailable(path);
    },
  };
}
