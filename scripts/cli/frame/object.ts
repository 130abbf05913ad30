/** One object of the project, named as a person names it. */
import { collectionOf } from "../../../shared/collections/mod.ts";
import { displayPath, encodeFilePath } from "../../../shared/document/path-disk.ts";
import { FrontrowError } from "../../../shared/errors.ts";
import { encodePath } from "../../../shared/stores/bucket-store.ts";
import { loadConfig } from "./config.ts";
import type { Project } from "./connection.ts";
import type { Call } from "./verb.ts";

export interface ObjectName {
  bucket: string;
  /** The object name. */
  path: string;
  /** As people see it. */
  shown: string;
}

/** The object of a document. @throws {FrontrowError} `NOT_FOUND` when the path belongs to no collection. */
export async function objectNamed(call: Call, named: string): Promise<ObjectName> {
  const config = await loadConfig(call);
  for (const path of new Set([named, encodeFilePath(named)])) {
    for (const { bucket } of config.collections) {
      if (collectionOf(config, bucket, path)) return { bucket, path, shown: displayPath(path) };
    }
  }
  const templates = config.collections.map(({ path }) => path.template).join(", ");
  throw new FrontrowError("NOT_FOUND", `"${named}" belongs to no collection: there is ${templates}.`, {
    path: named,
  });
}

/** Its bytes as Storage serves them now. @throws {FrontrowError} `NOT_FOUND` or `STORE_UNAVAILABLE` */
export async function download(
  { client }: Pick<Project, "client">,
  { bucket, path, shown }: ObjectName,
): Promise<Uint8Array> {
  const { data, error } = await (await client()).storage
    .from(bucket)
    .download(encodePath(path), { cacheNonce: crypto.randomUUID() });
  if (data) return new Uint8Array(await data.arrayBuffer());
  const isAbsent = "statusCode" in error && String(error.statusCode) === "404";
  throw new FrontrowError(
    isAbsent ? "NOT_FOUND" : "STORE_UNAVAILABLE",
    `Cannot read "${shown}": ${error.message}.`,
    {
      path,
    },
  );
}

/** Puts bytes in its place, as any program of the user's would, in the name of `author`. @throws {FrontrowError} `STORE_UNAVAILABLE` */
export async function upload(
  { client }: Pick<Project, "client">,
  { bucket, path, shown }: ObjectName,
  bytes: Uint8Array<ArrayBuffer>,
  author?: string,
): Promise<void> {
  const { error } = await (await client()).storage.from(bucket).upload(encodePath(path), bytes, {
    upsert: true,
    contentType: "text/markdown; charset=utf-8",
    cacheControl: "0",
    // A header holds ASCII only; any other name stays unknown.
    ...(author !== undefined && /^[\x20-\x7e]+$/.test(author)
      ? { headers: { "x-frontrow-author": author } }
      : {}),
  });
  if (error)
    throw new FrontrowError("STORE_UNAVAILABLE", `Cannot write "${shown}": ${error.message}.`, { path });
}
