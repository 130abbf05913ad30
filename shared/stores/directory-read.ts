/** The bytes of a file, whole and of one moment, or none; and their version. */
import { FrontrowError } from "../errors.ts";
import { type Disk, isSameContent, moved, refused, type Stats } from "./directory-disk.ts";
import type { Version } from "./store.ts";

export interface Reading {
  bytes: Uint8Array;
  version: Version;
  /** As the file was when its last byte was read. */
  stats: Stats;
}

/** SHA-256 of the bytes, lower-case hex: a file that was touched or copied back is still the same. */
export async function versionOf(bytes: Uint8Array): Promise<Version> {
  const hash = await crypto.subtle.digest("SHA-256", bytes as Uint8Array<ArrayBuffer>);
  return Array.from(new Uint8Array(hash), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * Reads a file that nobody changes meanwhile. Its size is looked at first, so that nothing large is held.
 * @throws {FrontrowError} `REPLICA_MOVED` when it changed while being read, `DOCUMENT_TOO_LARGE`; or the system's failure.
 */
export async function readStable(disk: Disk, file: string, path: string, maxBytes: number): Promise<Reading> {
  // Neither follows a link that came since the look, nor waits for somebody to write into a pipe.
  const { O_NOFOLLOW = 0, O_NONBLOCK = 0 } = disk.constants;
  const open = await disk.open(file, O_NOFOLLOW | O_NONBLOCK);
  try {
    const before = await open.stat({ bigint: true });
    if (!before.isFile()) throw refused(path, "no-file", "what is there is no plain file");
    requireSize(before.size, path, maxBytes);
    const size = Number(before.size);
    // One byte more than there should be shows a file that grows.
    const buffer = new Uint8Array(size + 1);
    let length = 0;
    while (length < buffer.length) {
      const { bytesRead } = await open.read(buffer, length, buffer.length - length, length);
      if (bytesRead === 0) break;
      length += bytesRead;
    }
    const stats = await open.stat({ bigint: true });
    if (length !== size || !isSameContent(before, stats)) throw moved(path);
    const bytes = buffer.subarray(0, size);
    return { bytes, version: await versionOf(bytes), stats };
  } finally {
    await open.close();
  }
}

export function requireSize(size: bigint, path: string, maxBytes: number): void {
  if (size <= BigInt(maxBytes)) return;
  throw new FrontrowError(
    "DOCUMENT_TOO_LARGE",
    `Cannot read "${path}" as it may weigh ${maxBytes} bytes: it has ${size}.`,
    { path, rule: "too-large", hint: "Split the document, or raise the limit." },
  );
}
