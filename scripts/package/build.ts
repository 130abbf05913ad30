/** Builds the npm package: plain JavaScript by the TypeScript compiler, one file per file, and what goes with it. */
import { chmod, copyFile, cp, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { bin, root, run } from "../checks/run.ts";
import { importedBy, manifestOf, type ProjectManifest } from "./manifest.ts";

/**
 * Builds into `folder`, which is emptied first; it is the package then, for `npm pack` and `npm publish`.
 * @throws {Error} with the compiler's findings, or when a dependency is missing.
 */
export async function buildPackage(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(join(folder, "bin"), { recursive: true });
  const { code, output } = await run(bin("tsc"), [
    ...["--project", join(root, "scripts", "package", "tsconfig.json")],
    ...["--outDir", folder, "--pretty", "false"],
  ]);
  if (code !== 0) throw new Error(`Cannot build the package, as the compiler refuses it:\n${output}`);

  const imported: string[] = [];
  for (const file of await filesIn(folder)) {
    if (file.endsWith(".js")) imported.push(...importedBy(await readFile(join(folder, file), "utf8")));
    // Types are for those who import "frontrow": the command line's are nobody's.
    if (file.startsWith("scripts") && file.endsWith(".d.ts")) await rm(join(folder, file));
  }
  const project = JSON.parse(await readFile(join(root, "package.json"), "utf8")) as ProjectManifest;
  const manifest = `${JSON.stringify(manifestOf(project, imported), null, 2)}\n`;
  // In the place of the project's own, which the compiler copied as the command line reads its version there.
  await writeFile(join(folder, "package.json"), manifest);

  const program = join(folder, "bin", "frontrow.js");
  await copyFile(join(root, "scripts", "package", "bin.mjs"), program);
  await chmod(program, 0o755);
  for (const name of ["README.md", "LICENSE"]) await copyFile(join(root, name), join(folder, name));
  // What a project installs in its database.
  await cp(join(root, "supabase", "migrations"), join(folder, "supabase", "migrations"), { recursive: true });
}

/** Every file below, by its path. */
async function filesIn(folder: string): Promise<string[]> {
  return (await readdir(folder, { recursive: true })).sort();
}
