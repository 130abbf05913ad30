/** Documents of a clone as people name them: by the object's name, or by the file where they stand. */
import { relative, resolve, sep } from "node:path";
import { objectNameOf } from "../../../shared/document/path-disk.ts";
import { FrontrowError } from "../../../shared/errors.ts";
import type { LocalDocument } from "../../../shared/replica/local-hub.ts";
import type { OpenClone } from "../../replica/open.ts";
import type { Call } from "../frame/verb.ts";
import type { Ground } from "./ground.ts";

/** @throws {FrontrowError} `NOT_FOUND` */
export function documentNamed(clone: OpenClone, ground: Ground, call: Call, named: string): LocalDocument {
  for (const path of pathsFor(ground, call, named))
    for (const collection of clone.bindings.keys()) {
      const found = clone.hub.document({ collection, path });
      if (found !== null) return found;
    }
  throw new FrontrowError("NOT_FOUND", `This clone has no document "${named}".`, {
    path: named,
    hint: "frontrow status lists what is not taken in yet; frontrow sync takes it in.",
  });
}

/** The object names that somebody may mean. */
export function pathsFor({ folder }: Ground, { io }: Call, named: string): string[] {
  const below = relative(folder, resolve(io.folder, named)).split(sep).join("/");
  const isInside = !below.startsWith("..") && below !== "";
  return [...new Set([named, ...(isInside ? [objectNameOf(below)] : []), objectNameOf(named)])];
}
