/** What a person hands to a verb: a file, or `-` for stdin. */
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { FrontrowError } from "../../../shared/errors.ts";
import type { Io } from "./io.ts";

/** @throws {FrontrowError} `USAGE` when the file cannot be read. */
export async function readBytes(io: Io, named: string): Promise<Uint8Array> {
  if (named === "-") return await io.stdin();
  try {
    return new Uint8Array(await readFile(resolve(io.folder, named)));
  } catch (cause) {
    const why = (cause as { code?: string }).code ?? "unknown";
    throw new FrontrowError("USAGE", `Cannot read "${named}": ${why}.`, { cause });
  }
}
