/** The package.json of the package, from the project's and from what the built code imports. Pure. */

export interface ProjectManifest {
  name: string;
  version: string;
  license: string;
  dependencies: Readonly<Record<string, string>>;
}

/** What `npm install frontrow` reads. Dependencies are those of `imported` alone, as pinned as they were tested. */
export function manifestOf(project: ProjectManifest, imported: Iterable<string>): Record<string, unknown> {
  return {
    name: project.name,
    version: project.version,
    description: "Keeps markdown files with front matter and Postgres rows on Supabase the same thing.",
    license: project.license,
    type: "module",
    engines: { node: ">=22.13.0" },
    bin: { frontrow: "bin/frontrow.js" },
    exports: {
      ".": { types: "./shared/mod.d.ts", default: "./shared/mod.js" },
      "./package.json": "./package.json",
    },
    dependencies: dependenciesOf(project, imported),
  };
}

/** @throws {Error} when the code imports what a person who installs the package does not get. */
function dependenciesOf(
  { dependencies }: ProjectManifest,
  imported: Iterable<string>,
): Record<string, string> {
  const names = [...new Set([...imported].map(packageOf))].sort();
  const missing = names.filter((name) => !(name in dependencies));
  if (missing.length > 0) {
    throw new Error(
      `Cannot build the package, as it imports ${missing.join(", ")}: what it imports must be in package.json's dependencies.`,
    );
  }
  return Object.fromEntries(names.map((name) => [name, dependencies[name]!]));
}

/** `@scope/name/deep` → `@scope/name`. */
function packageOf(specifier: string): string {
  return specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");
}

/** `import … from "x"` and `} from "x"` as the compiler writes them, `import "x"`, `import("x")`. */
const IMPORT = /^(?:(?:import|export|\})[^"\n]*\bfrom |import )"([^"\n]+)"|\bimport\("([^"\n]+)"\)/gm;

/** What a module of built JavaScript imports by name, Node's own apart. */
export function importedBy(javascript: string): string[] {
  const found = [...javascript.matchAll(IMPORT)].map(([, plain, dynamic]) => (plain ?? dynamic)!);
  return found.filter((one) => !/^(?:\.|node:)/.test(one));
}
