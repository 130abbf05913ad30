/** What the file system of a folder tells apart: upper from lower case, one spelling of é from the other. */
import { existsSync } from "node:fs";
import { access, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type Finding, fail, ok, warn } from "./finding.ts";

const CASE = "a-Case";
/** é as one character; some file systems keep it as two, and take either for the same. */
const UNICODE = "u-\u00e9";

export interface Traits {
  /** Whether `a` and `A` are two files. */
  case: boolean;
  /** Whether the two spellings of é are two files. */
  unicode: boolean;
  /** Whether a name comes back as it was written. */
  asWritten: boolean;
}

/** Tries it in a folder of its own below, and takes that away. `folder` need not be there yet: then it is the one above. */
export async function checkFolder(folder: string): Promise<Finding> {
  let at = folder;
  while (!existsSync(at) && dirname(at) !== at) at = dirname(at);
  try {
    return traitsFinding(await traitsOf(at));
  } catch (error) {
    const why = (error as { code?: string }).code ?? "no answer";
    return fail(
      "folder",
      `nothing can be written into ${at} (${why})`,
      "Make it writable, or name another folder.",
    );
  }
}

export async function traitsOf(folder: string): Promise<Traits> {
  const own = await mkdtemp(join(folder, ".frontrow-doctor-"));
  try {
    await Promise.all([CASE, UNICODE].map((name) => writeFile(join(own, name), "")));
    const isThere = (name: string) =>
      access(join(own, name)).then(
        () => true,
        () => false,
      );
    const names = await readdir(own);
    return {
      case: !(await isThere(CASE.toUpperCase())),
      unicode: !(await isThere(UNICODE.normalize("NFD"))),
      asWritten: names.includes(CASE) && names.includes(UNICODE),
    };
  } finally {
    await rm(own, { recursive: true, force: true });
  }
}

export function traitsFinding({ case: byCase, unicode, asWritten }: Traits): Finding {
  const blind = [...(byCase ? [] : ["case"]), ...(unicode ? [] : ["spellings of é"])];
  if (blind.length === 0 && asWritten) return ok("folder", "tells names apart by case and by spelling");
  const said =
    blind.length === 0
      ? "changes the spelling of names"
      : `does not tell names apart by ${blind.join(" and ")}`;
  return warn(
    "folder",
    said,
    "Documents whose names differ by nothing else are refused here: rename one of them.",
  );
}
