/** Names in a folder: which are nobody's documents, and which must never be written. */
import { decodeFilePath } from "../document/path-disk.ts";
import { refused } from "./directory-disk.ts";

const OWN = ".frontrow-";

/** A name for a file that is not yet, or no longer, in its place. A crash leaves it, and nobody takes it for a document. */
export function temporaryName(): string {
  return `${OWN}${crypto.randomUUID()}.tmp`;
}

/** Whether a crash of ours may have left it. */
export function isTemporary(name: string): boolean {
  return name.startsWith(OWN) && name.endsWith(".tmp");
}

/** What systems and editors leave beside files. */
const IGNORED =
  /^\.|^#.*#$|~$|\.(?:swp|swo|tmp|crdownload)$|^(?:node_modules|4913|thumbs\.db|desktop\.ini)$/i;

/** Dotfiles, dependencies, and what systems and editors leave: no file or folder of such a name is read or written. */
export function isIgnored(name: string): boolean {
  return IGNORED.test(name);
}

/** Characters that some file systems leave out when they compare names (HFS+). */
const UNSEEN = /[\u200c-\u200f\u202a-\u202e\u206a-\u206f\ufeff]/g;

/** `.git` as any file system may spell it: other cases, invisible characters, streams, short names, blanks at its end. */
function isGit(segment: string): boolean {
  const plain = segment
    .normalize("NFKC")
    .replace(UNSEEN, "")
    .toLowerCase()
    .replace(/:.*$/s, "")
    .replace(/[. ]+$/, "");
  return plain === ".git" || /^\.?git~\d+$/.test(plain);
}

const DEVICE = /^(?:con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[0-9¹²³]) *(?:\.|:|$)/i;

/**
 * Refuses a part of a document's path that is never read or written in a folder.
 * @throws {FrontrowError} `PATH_INVALID`: `git-folder`, `ignored-name`.
 */
export function checkName(segment: string, path: string): void {
  if (isGit(segment)) {
    throw refused(path, "git-folder", `"${segment}" may be read as git's own folder`, "Rename the document.");
  }
  if (isIgnored(segment)) {
    throw refused(path, "ignored-name", `files by the name "${segment}" are ignored`, "Rename the document.");
  }
}

/** @throws {FrontrowError} `PATH_INVALID` when no file may be made for this document, as `checkName` and `checkPortable`. */
export function requireName(path: string, portable: boolean): void {
  for (const segment of decodeFilePath(path).split("/")) {
    checkName(segment, path);
    if (portable) checkPortable(segment, path);
  }
}

/**
 * Refuses what Windows cannot hold: folders are cloned and copied. Nothing is stripped or replaced, as two documents could
 * become one file.
 * @throws {FrontrowError} `PATH_INVALID`: `reserved-name`, `not-portable`.
 */
export function checkPortable(segment: string, path: string): void {
  if (DEVICE.test(segment)) {
    throw refused(path, "reserved-name", `"${segment}" is a device on Windows`, suggestion(`_${segment}`));
  }
  const better = segment.replace(/[<>:"|?*]/g, "-").replace(/[. ]+$/, "");
  if (better !== segment) {
    const because = `Windows cannot hold "${segment}": none of <>:"|?*, no dot or blank at its end`;
    throw refused(path, "not-portable", because, suggestion(better));
  }
}

function suggestion(better: string): string {
  return better === "" ? "Rename the document." : `Rename the document, for example to "${better}".`;
}
