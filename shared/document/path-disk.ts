/**
 * A document's path on a disk, where people read it: `caf=C3=A9/x.md` in Storage is `café/x.md` in a folder.
 *
 * Both directions are exact inverses. Four escapes stay as they are on disk, because the character itself would mean
 * something else there: `=2F` and `=5C` (a slash or backslash inside a value must not become a folder), `=2E` (the
 * first dot of `.` or `..`) and `=00`–`=1F`, `=7F` (control characters). Every other character is itself, `=` too; only
 * where a real `=` would read as one of those escapes is it written `=3D`: the value `a=2Fb` is `a=3D2Fb` on disk,
 * `a/b` is `a=2Fb`, `a=b` is `a=b`. A file whose name holds a real backslash or control character is refused.
 */

import { FrontrowError } from "../errors.ts";
import { decodeValue, escapeText, pathInvalid, requireLength, requireWellFormed } from "./path-codec.ts";

/** The escapes that stay on disk, hex digits only. */
const KEPT = "(?:2F|5C|2E|7F|[01][0-9A-F])";
/** On disk: an `=` that is an escape. `=3D` counts when what follows it would read as one. */
const KEPT_ON_DISK = new RegExp(`=(?=(?:3D)*${KEPT})`, "y");
/** In an object name: an escape that is the same on disk. */
const KEPT_IN_NAME = new RegExp(`(=${KEPT}|=3D(?=(?:3D)*${KEPT}))`);
const UNPORTABLE = /[\\\x00-\x1f\x7f]/;

/**
 * The object name of a file, from its path below the content folder (`/` between segments). Names are brought to NFC
 * first, since macOS gives another form; whoever lists a folder must look out for two files that become one name.
 * @throws {FrontrowError} `PATH_INVALID`: `dot-segment`, `empty`, `not-well-formed`, `not-portable`, `too-long`.
 */
export function encodeFilePath(diskPath: string): string {
  requireWellFormed(diskPath);
  if (UNPORTABLE.test(diskPath)) {
    const because = "a file name must not hold a backslash or a control character";
    throw pathInvalid("not-portable", diskPath, because, "Rename the file.");
  }
  const path = diskPath.normalize("NFC").split("/").map(encodeSegment).join("/");
  requireLength(path);
  return path;
}

function encodeSegment(segment: string): string {
  if (segment === "") throw pathInvalid("empty", segment, "no segment may be empty");
  if (segment === "." || segment === "..") throw pathInvalid("dot-segment", segment, "it names a folder");
  let encoded = "";
  let from = 0;
  for (let at = segment.indexOf("="); at !== -1; at = segment.indexOf("=", at + 1)) {
    KEPT_ON_DISK.lastIndex = at;
    if (!KEPT_ON_DISK.test(segment)) continue;
    encoded += `${escapeText(segment.slice(from, at))}=`;
    from = at + 1;
  }
  return encoded + escapeText(segment.slice(from));
}

/**
 * The path of an object on disk, `/` between segments. It never holds `.`, `..` or an empty segment, a backslash or a
 * control character; what else a file system refuses (`:` or `CON` on Windows) is for whoever writes there to check.
 * @throws {FrontrowError} `PATH_INVALID` when the name is not spelled as `build` or `encodeFilePath` spell it, or
 * (rule `not-nfc`) when its decoded parts would melt into other characters side by side.
 */
export function decodeFilePath(objectName: string): string {
  const pieces = objectName.split(KEPT_IN_NAME); // texts at even places, kept escapes between them
  const diskPath = pieces.map((piece, index) => (index % 2 === 0 ? decodeValue(piece) : piece)).join("");
  if (encodeFilePath(diskPath) === objectName) return diskPath;
  if (diskPath.normalize("NFC") !== diskPath) {
    throw pathInvalid("not-nfc", objectName, "decoded, it must be in Unicode normal form C");
  }
  throw pathInvalid("not-canonical", objectName, "it must be spelled as Frontrow spells file names");
}

/**
 * The path as people should see it: decoded, but with slashes inside values, control, invisible and direction-changing
 * characters left escaped. For reading only; a name that cannot be decoded is shown as it is.
 */
export function displayPath(objectName: string): string {
  try {
    return decodeFilePath(objectName).replace(/[\p{Cf}\p{Zl}\p{Zp}]/gu, escapeText);
  } catch (error) {
    if (error instanceof FrontrowError) return objectName.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, escapeText);
    throw error;
  }
}

/** What a person may mean by a name: the object of a file by it, or the name itself where no file can have it. */
export function objectNameOf(named: string): string {
  try {
    return encodeFilePath(named);
  } catch (error) {
    if (error instanceof FrontrowError) return named;
    throw error;
  }
}
