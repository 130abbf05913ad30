/**
 * How Node loads a person's config when the command line runs as a package: "frontrow" is this very program, so that one
 * that `npx` fetched needs no installing; zod is ours where the project has none; and TypeScript loads on Nodes from
 * before 22.18, which know how and do not do it by themselves.
 */
import { readFileSync } from "node:fs";
import * as modules from "node:module";
import process from "node:process";
import { fileURLToPath } from "node:url";

const OURS = new URL("../../../shared/mod.js", import.meta.url).href;

let installed = false;

/** Once per process. */
export function installConfigHooks(): void {
  if (installed) return;
  installed = true;
  // Node from 22.15 on has these in the same thread; before, they run in one of their own, which loads this file again.
  if (typeof modules.registerHooks === "function") modules.registerHooks({ resolve, load });
  else modules.register(import.meta.url);
}

/** Answers at once or later, as the next one does: Node calls it either way. */
export function resolve<T>(
  specifier: string,
  context: { parentURL?: string | undefined },
  next: (specifier: string, context?: object) => T,
): T | { url: string; format: "module"; shortCircuit: true } {
  if (specifier === "frontrow") return { url: OURS, format: "module", shortCircuit: true };
  if (/^zod(?:\/|$)/.test(specifier) && !isThere(specifier, context.parentURL)) {
    return next(specifier, { ...context, parentURL: import.meta.url });
  }
  return next(specifier, context);
}

export function load<T>(
  url: string,
  context: object,
  next: (url: string, context?: object) => T,
): T | { format: "module"; source: string; shortCircuit: true } {
  if (!/^file:(?!.*\/node_modules\/).*\.m?ts$/.test(url)) return next(url, context);
  // Said here, as Node would otherwise look for it, and complain, where a project's package.json has no "type".
  if (process.features.typescript) return next(url, { ...context, format: "module-typescript" });
  return { format: "module", source: withoutTypes(fileURLToPath(url)), shortCircuit: true };
}

/** Node warns that this is an experiment: nobody who runs the command line can do anything about that. */
function withoutTypes(file: string): string {
  const { emitWarning } = process;
  process.emitWarning = () => undefined;
  try {
    return modules.stripTypeScriptTypes(readFileSync(file, "utf8"));
  } finally {
    process.emitWarning = emitWarning;
  }
}

function isThere(specifier: string, parent: string | undefined): boolean {
  if (!parent?.startsWith("file:")) return true;
  try {
    modules.createRequire(parent).resolve(specifier);
    return true;
  } catch {
    return false;
  }
}
