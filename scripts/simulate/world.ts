/** The gardens that schedules are played in: their policies, and who else writes there. */
import gardenConfig from "../../examples/garden/config.ts";
import type { Config, Policies } from "../../shared/collections/mod.ts";
import type { Peer, World } from "./commands.ts";

export const POLICIES: readonly { name: string; policies: Policies; path?: string }[] = [
  { name: "the garden", policies: {} },
  { name: "files and deletions win", policies: { conflict: "file-wins", deletes: "delete-wins" } },
  { name: "rows win, deletions are hard", policies: { conflict: "row-wins", rowDelete: "hard" } },
  { name: "a person decides all", policies: { conflict: "manual", deletes: "manual" } },
  { name: "the newest wins", policies: { conflict: "newest" } },
  /** Every file is out of scope. */
  { name: "elsewhere", policies: {}, path: "users/:user_id/kept/:slug.md" },
];

/** Small enough that three documents and a few that stand still can trip it. */
export const VALVE = { share: 0.5, atLeast: 4 };

export function configOf(policies: number): Config {
  return {
    ...gardenConfig,
    collections: gardenConfig.collections.map((collection) => ({
      ...collection,
      path: POLICIES[policies]!.path ?? collection.path,
      policies: { ...collection.policies, ...POLICIES[policies]!.policies, valve: VALVE },
    })),
  };
}

export const QUIET: World = { policies: 0, trigger: "none", peer: "none" };

/** What the peer makes of a file; the same text when it leaves it alone. */
export function rewritten(peer: Peer, text: string): string {
  switch (peer) {
    case "none":
      return text;
    case "crlf":
      return text.replace(/\r?\n/g, "\r\n");
    case "trim":
      return `${text.replace(/[ \t]+$/gm, "").trimEnd()}\n`;
    case "order": {
      const header = /^---\n((?:(?:[a-z]\w*: |# ).*\n)+)---\n/.exec(text);
      if (!header) return text;
      const lines = header[1]!.trimEnd().split("\n").sort();
      return `---\n${lines.join("\n")}\n---\n${text.slice(header[0].length)}`;
    }
    case "count": {
      const held = /<!-- saved (\d+) -->\n?$/.exec(text);
      const rest = held ? text.slice(0, held.index) : text.endsWith("\n") ? text : `${text}\n`;
      return `${rest}<!-- saved ${Number(held?.[1] ?? 0) + 1} -->\n`;
    }
  }
}
