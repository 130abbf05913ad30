import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import type { Check } from "./check.ts";
import { trackedFiles } from "./docs.ts";
import { root } from "./run.ts";

/** Keys by their looks, and places that exist on one machine only. */
const FORBIDDEN: [what: string, pattern: RegExp][] = [
  ["a home folder", /(?<![\w.])\/(home|Users)\/[a-z][\w.-]*\//],
  ["root's home folder", /(?<![\w.])\/root\//],
  ["a Supabase secret key", /\bsb_secret_[A-Za-z0-9]{20}/],
  ["a Supabase access token", /\bsbp_[0-9a-f]{40}\b/],
  ["a GitHub token", /\b(ghp_[A-Za-z0-9]{36}|github_pat_\w{50})/],
  ["a private key", /-----BEGIN [A-Z ]*PRIVATE KEY-----/],
];

/** Nothing that git tracks may hold a path of the machine it was written on, or a key. */
export const filesCheck: Check = {
  name: "files",
  run: async () => {
    const patterns: typeof FORBIDDEN = [...FORBIDDEN];
    for (const path of [root, homedir()]) {
      if (path.length > 5)
        patterns.push([
          "a path of this machine",
          new RegExp(`${path.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}(?![\\w-])`),
        ]);
    }
    const problems: string[] = [];
    for (const file of await trackedFiles()) {
      const text = await readFile(join(root, file), "utf8");
      for (const [index, line] of text.split("\n").entries()) {
        for (const [what, pattern] of patterns)
          if (pattern.test(line)) problems.push(`${file}:${index + 1}: holds ${what}`);
      }
    }
    return problems;
  },
};
