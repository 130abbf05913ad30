import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { access, mkdir, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { cacheFolder, draftOf } from "./cache.ts";

const run = promisify(execFile);
const SETTINGS = ["-U", "postgres", "--auth=trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"];

/**
 * Makes the data directory of a new cluster. `initdb` takes most of a second, so what it made is kept and copied, named
 * after the program, its settings and the user.
 * @param bin the folder of the server's programs
 * @param asUser who owns it, where that is not who calls
 */
export async function makeData(
  bin: string,
  data: string,
  asUser: { uid?: number; gid?: number },
): Promise<void> {
  const initdb = join(bin, "initdb");
  const { stdout } = await run(initdb, ["--version"]);
  const key = createHash("sha256")
    .update(JSON.stringify([stdout, SETTINGS, asUser]))
    .digest("hex");
  const kept = join(cacheFolder, `initdb-${key.slice(0, 16)}`);
  const isKept = await access(kept).then(
    () => true,
    () => false,
  );
  if (isKept) {
    await run("cp", ["-a", kept, data]);
    return;
  }
  await run(initdb, ["-D", data, ...SETTINGS], { ...asUser, cwd: dirname(data) });
  await mkdir(cacheFolder, { recursive: true });
  const draft = draftOf(kept);
  await run("cp", ["-a", data, draft]);
  // Another process may have been first.
  await rename(draft, kept).catch(() => rm(draft, { recursive: true }));
}
