import { readdir } from "node:fs/promises";
import { join } from "node:path";
import type { Check } from "./check.ts";
import { bin, findings, root } from "./run.ts";

/** Format, lint and import order. `npx biome check --write` mends most of it. */
export const biomeCheck: Check = {
  name: "biome",
  run: () =>
    findings(bin("biome"), [
      "ci",
      "--colors=off",
      "--reporter=summary",
      "--max-diagnostics=200",
      "--error-on-warnings",
    ]),
};

export const tscCheck: Check = {
  name: "tsc",
  run: () => findings(bin("tsc"), ["--noEmit", "--pretty", "false"]),
};

/** Types as Deno sees them: the functions through their import map, the scripts through package.json. */
export const denoCheck: Check = {
  name: "deno-check",
  run: async () => {
    const scripts = (await readdir(join(root, "scripts"))).filter((name) => name.endsWith(".ts"));
    const functions = await entryPoints();
    if (functions.length === 0) return ["functions/ holds no <name>/index.ts"];
    return (
      await Promise.all([
        findings(bin("deno"), ["check", "--quiet", ...scripts.map((name) => `scripts/${name}`)]),
        findings(bin("deno"), ["check", "--quiet", "--config", "functions/deno.json", ...functions]),
      ])
    ).flat();
  },
};

async function entryPoints(): Promise<string[]> {
  const folders = await readdir(join(root, "functions"), { withFileTypes: true });
  const lists = await Promise.all(
    folders.map(async ({ name, parentPath }) => {
      const files = await readdir(join(parentPath, name)).catch(() => [] as string[]);
      return files.includes("index.ts") ? [`functions/${name}/index.ts`] : [];
    }),
  );
  return lists.flat().sort();
}
