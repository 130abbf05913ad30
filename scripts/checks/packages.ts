import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Check } from "./check.ts";
import { root } from "./run.ts";

const json = async (name: string) => JSON.parse(await readFile(join(root, name), "utf8"));

/** One version of a package everywhere: what is tested here is what the Edge Runtime loads. */
export const packagesCheck: Check = {
  name: "packages",
  run: async () => {
    const { dependencies, devDependencies, optionalDependencies } = await json("package.json");
    const { imports } = await json("functions/deno.json");
    const lock = await readFile(join(root, "package-lock.json"), "utf8");
    const problems = comparePins(dependencies, imports);
    for (const [name, version] of Object.entries({
      ...dependencies,
      ...devDependencies,
      ...optionalDependencies,
    })) {
      if (!/^(npm:@deno\/[a-z0-9-]+@)?\d+\.\d+\.\d+$/.test(String(version))) {
        problems.push(`package.json: "${name}" must be pinned to one version, is "${version}"`);
      }
    }
    // A lockfile without addresses installs from whichever registry is configured (.npmrc: omit-lockfile-registry-resolved).
    if (/"resolved":/.test(lock))
      problems.push('package-lock.json: holds download addresses ("resolved"); remove them');
    return problems;
  },
};

/** What in the functions' import map is not the package.json version. */
export function comparePins(dependencies: Record<string, string>, imports: Record<string, string>): string[] {
  const problems: string[] = [];
  for (const [specifier, target] of Object.entries(imports)) {
    const name = specifier.replace(/\/$/, "");
    const version = dependencies[name];
    const wanted = specifier.endsWith("/") ? `npm:/${name}@${version}/` : `npm:${name}@${version}`;
    if (version === undefined)
      problems.push(`functions/deno.json: "${name}" is not in package.json's dependencies`);
    else if (target !== wanted)
      problems.push(`functions/deno.json: "${specifier}" is "${target}", package.json says "${wanted}"`);
  }
  return problems;
}
