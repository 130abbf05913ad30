import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { denoEdge, EDGE_DENO } from "../edge/deno-edge.ts";
import type { Check } from "./check.ts";
import { root, run } from "./run.ts";

/**
 * Every module loads under the Deno that the Edge Runtime is compatible with: what the import map lacks, a newer global, or
 * an odd import shows here. shared/ gets no permission beyond reading, so that a look at the environment shows as well;
 * the functions get the environment that the platform gives them.
 */
export const edgeCheck: Check = {
  name: "edge",
  run: async () => {
    const platform = {
      SUPABASE_URL: "http://127.0.0.1:9",
      SUPABASE_SECRET_KEYS: '{"default":"sb_secret_check"}',
    };
    return (await Promise.all([load("shared", [], {}), load("functions", ["--allow-env"], platform)])).flat();
  },
};

async function load(
  part: string,
  permissions: string[],
  environment: Record<string, string>,
): Promise<string[]> {
  const folder = await mkdtemp(join(tmpdir(), "frontrow-edge-"));
  try {
    const entry = join(folder, "load.ts");
    await writeFile(entry, loader(await modulesOf(part)));
    const config = join(root, "functions", "deno.json");
    const { code, output, stdout } = await run(
      denoEdge,
      [
        "run",
        "--quiet",
        "--no-check",
        "--no-prompt",
        `--allow-read=${root}`,
        ...permissions,
        "--config",
        config,
        entry,
      ],
      { env: { ...environment, DENO_NO_UPDATE_CHECK: "1", DENO_TLS_CA_STORE: "system" } },
    );
    const failures = stdout.split("\n").filter((line) => line.startsWith("FAILED "));
    if (failures.length > 0) return failures.map((line) => line.slice("FAILED ".length));
    return code === 0 && stdout.includes(`Deno ${EDGE_DENO}: loaded `)
      ? []
      : [`Deno ${EDGE_DENO} ended with ${code}:\n${output}`];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Loads one after the other and says which ones do not. */
function loader(modules: readonly string[]): string {
  const list = modules.map((name) => [name, pathToFileURL(join(root, name)).href]);
  return `
    let loaded = 0;
    for (const [name, url] of ${JSON.stringify(list)}) {
      try { await import(url); loaded++; } catch (error) { console.log("FAILED " + name + ": " + String(error).replaceAll("\\n", " ")); }
    }
    console.log("Deno " + Deno.version.deno + ": loaded " + loaded);`;
}

async function modulesOf(folder: string): Promise<string[]> {
  const entries = await readdir(join(root, folder), { withFileTypes: true, recursive: true });
  const modules = entries
    .filter(
      ({ name }) =>
        name.endsWith(".ts") && !/[.-](test|bench)\.ts$|^test-/.test(name) && !name.endsWith("type-test.ts"),
    )
    .map(({ name, parentPath }) => join(parentPath, name).slice(root.length + 1));
  return modules.sort();
}
