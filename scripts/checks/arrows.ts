import { readFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import type { Check } from "./check.ts";
import { trackedFiles } from "./docs.ts";
import { root } from "./run.ts";

/** Who may import from where: `functions → shared ← scripts`. The first match counts. */
const MAY_IMPORT: [from: RegExp, to: RegExp][] = [
  [/^shared\/reconcile\//, /^shared\/(reconcile|document|collections)\/|^shared\/errors\.ts$/],
  [/^shared\//, /^shared\//],
  [/^functions\//, /^(functions|shared)\/|^frontrow\.config\.ts$/],
];
/** shared/ runs on the Edge Runtime, on Deno and on Node: what it needs of them is passed in. */
const OF_ONE_RUNTIME = /(?<![\w.$"'`/])(Deno|process|Buffer|__dirname|require)\s*[.(]/;

/** The one module of Node that shared/ imports: the Edge Runtime and Deno have it too, and nothing else hashes at once. */
const NOT_BARE = /^(?:npm|jsr|https?|node(?!:crypto$)):/;

/** Arrows between the folders run one way (architecture.md, "Folders"); tests may look around. */
export const arrowsCheck: Check = {
  name: "arrows",
  run: async () => {
    const problems: string[] = [];
    for (const file of await trackedFiles()) {
      if (!/^(shared|functions)\/.*\.ts$/.test(file) || isOfTests(file)) continue;
      problems.push(...brokenArrows(file, await readFile(join(root, file), "utf8")));
    }
    return problems;
  },
};

/** `x.test.ts`, and what tests share: `test-store.ts`. */
function isOfTests(file: string): boolean {
  return /[.-]test\.ts$|\/test-[^/]+\.ts$/.test(file);
}

export function brokenArrows(file: string, text: string): string[] {
  const problems: string[] = [];
  const allowed = MAY_IMPORT.find(([from]) => from.test(file))?.[1];
  for (const [index, line] of text.split("\n").entries()) {
    const place = `${file}:${index + 1}`;
    const specifier = /(?:\bfrom|\bimport\(?)\s*"([^"]+)"/.exec(line)?.[1];
    if (specifier?.startsWith(".")) {
      const target = relative(root, join(root, dirname(file), specifier));
      if (!/\.(ts|json)$/.test(target)) problems.push(`${place}: the import "${specifier}" must end in .ts`);
      if (allowed && !allowed.test(target)) problems.push(`${place}: must not import ${target}`);
    } else if (specifier && file.startsWith("shared/") && NOT_BARE.test(specifier)) {
      problems.push(`${place}: shared/ imports bare names only, not "${specifier}"`);
    }
    const code = line.replace(/^\s*(\*|\/\/|\/\*).*/, "");
    if (file.startsWith("shared/") && OF_ONE_RUNTIME.test(code)) {
      problems.push(`${place}: shared/ must not use ${OF_ONE_RUNTIME.exec(code)![1]}`);
    }
  }
  return problems;
}
