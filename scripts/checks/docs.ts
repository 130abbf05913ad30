import { access, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Check } from "./check.ts";
import { root, run } from "./run.ts";

/**
 * The documents promise commands, files and tests: every npm script they name exists, every relative link leads
 * somewhere, and a test that a promise names (`[test](x.test.ts "its title")`) is there under that title.
 */
export const docsCheck: Check = {
  name: "docs",
  run: async () => {
    const { scripts } = JSON.parse(await readFile(join(root, "package.json"), "utf8"));
    const files = (await trackedFiles()).filter((name) => name.endsWith(".md") && !/\/content\//.test(name));
    const problems = files.includes("README.md") ? [] : ["README.md is missing"];
    for (const file of files) {
      const text = await readFile(join(root, file), "utf8");
      for (const { name, line } of npmScripts(text)) {
        if (!(name in scripts))
          problems.push(`${file}:${line}: "npm run ${name}" names no script of package.json`);
      }
      for (const { target, line } of relativeLinks(text)) {
        const path = join(root, dirname(file), decodeURIComponent(target));
        if (
          !(await access(path).then(
            () => true,
            () => false,
          ))
        )
          problems.push(`${file}:${line}: the link "${target}" leads nowhere`);
      }
      for (const { target, title, line } of titledTests(text)) {
        const test = await readFile(join(root, dirname(file), target), "utf8").catch(() => "");
        if (!test.includes(title)) problems.push(`${file}:${line}: ${target} has no test "${title}"`);
      }
    }
    return problems;
  },
};

/** Files git tracks or would track, as paths from the root. */
export async function trackedFiles(): Promise<string[]> {
  const { stdout } = await run("git", ["ls-files", "--cached", "--others", "--exclude-standard", "-z"]);
  const names = stdout.split("\0").filter((name) => name !== "");
  const there = await Promise.all(
    names.map((name) =>
      access(join(root, name)).then(
        () => true,
        () => false,
      ),
    ),
  );
  return names.filter((_, index) => there[index]);
}

/** The scripts that lines starting with `npm` in sh blocks name. */
export function npmScripts(text: string): { name: string; line: number }[] {
  const found: { name: string; line: number }[] = [];
  let inside = false;
  for (const [index, line] of text.split("\n").entries()) {
    const fence = /^\s*```(\w*)/.exec(line);
    if (fence) inside = !inside && /^(sh|bash|shell|console)$/.test(fence[1]!);
    const command = /^\s*\$?\s*npm\s+((?:-\S+\s+)*)(\S+)(?:\s+((?:-\S+\s+)*)(\S+))?/.exec(line);
    if (!inside || fence || !command) continue;
    const [, , verb, , argument] = command;
    if (verb === "start" || verb === "test") found.push({ name: verb, line: index + 1 });
    if ((verb === "run" || verb === "run-script") && argument)
      found.push({ name: argument, line: index + 1 });
  }
  return found;
}

/** Links to test files that say which test they mean. */
export function titledTests(text: string): { target: string; title: string; line: number }[] {
  return text.split("\n").flatMap((content, index) =>
    [...content.matchAll(/\]\(([^)\s]+\.test\.ts)\s+"([^"]+)"\)/g)].map(([, target = "", title = ""]) => ({
      target,
      title,
      line: index + 1,
    })),
  );
}

export function relativeLinks(text: string): { target: string; line: number }[] {
  const found: { target: string; line: number }[] = [];
  let inside = false;
  for (const [index, line] of text.split("\n").entries()) {
    if (/^\s*```/.test(line)) inside = !inside;
    if (inside) continue;
    for (const [, target = ""] of line.replace(/`[^`]*`/g, "").matchAll(/\]\(([^)\s]+)[^)]*\)/g)) {
      const path = target.replace(/[#?].*$/, "");
      if (path !== "" && !/^([a-z][a-z0-9+.-]*:|\/\/)/i.test(path))
        found.push({ target: path, line: index + 1 });
    }
  }
  return found;
}
