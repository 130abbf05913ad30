import type { BucketRow } from "./context.ts";
import { invalidRequest, StorageError } from "./errors.ts";
import { parseMultipart } from "./multipart.ts";

/** A file as it arrived, whichever way the client wrapped it. */
export interface IncomingFile {
  bytes: Uint8Array;
  mimetype: string;
  cacheControl: string;
  /** `{}` when the client sent none: an overwrite clears what was there. */
  userMetadata: Record<string, unknown>;
}

/** The local default of `storage.file_size_limit`. */
const MAX_BYTES = 50 * 1024 * 1024;

/** Reads the body of an upload: a form with one file, or the bytes themselves. */
export async function readIncoming(request: Request, bucket: BucketRow): Promise<IncomingFile> {
  const contentType = request.headers.get("content-type") ?? "";
  const file = contentType.startsWith("multipart/form-data")
    ? await readForm(request, contentType)
    : await readRaw(request, contentType);
  if (file.bytes.length > Math.min(MAX_BYTES, Number(bucket.file_size_limit ?? MAX_BYTES))) {
    throw new StorageError(
      413,
      "EntityTooLarge",
      "The object exceeded the maximum allowed size",
      "Payload too large",
    );
  }
  const allowed = bucket.allowed_mime_types;
  if (allowed?.length && !allowed.some((pattern) => mimeMatches(file.mimetype, pattern))) {
    throw new StorageError(
      415,
      "InvalidMimeType",
      `mime type ${file.mimetype} is not supported`,
      "invalid_mime_type",
    );
  }
  return file;
}

async function readForm(request: Request, contentType: string): Promise<IncomingFile> {
  const parts = parseMultipart(new Uint8Array(await request.arrayBuffer()), contentType);
  const file = parts.find((part) => part.filename !== undefined);
  if (!file) throw invalidRequest("No content provided");
  const text = (name: string) => {
    const part = parts.find((other) => other.name === name && other.filename === undefined);
    return part && new TextDecoder().decode(part.bytes);
  };
  const maxAge = text("cacheControl");
  return {
    bytes: file.bytes,
    mimetype: text("contentType") || file.contentType || "application/octet-stream",
    cacheControl: maxAge ? `max-age=${maxAge}` : "no-cache",
    userMetadata: jsonObject(text("metadata") ?? text("userMetadata")),
  };
}

async function readRaw(request: Request, contentType: string): Promise<IncomingFile> {
  const metadata = request.headers.get("x-metadata");
  return {
    bytes: new Uint8Array(await request.arrayBuffer()),
    mimetype: contentType || "application/octet-stream",
    cacheControl: request.headers.get("cache-control") ?? "no-cache",
    userMetadata: jsonObject(metadata ? Buffer.from(metadata, "base64").toString() : undefined),
  };
}

/** What is not a JSON object counts as none, as in the real service. */
export function jsonObject(text: string | undefined): Record<string, unknown> {
  try {
    const value = JSON.parse(text ?? "{}");
    return typeof value === "object" && value !== null ? value : {};
  } catch {
    return {};
  }
}

function mimeMatches(mimetype: string, pattern: string): boolean {
  const [type, subtype] = mimetype.split(";")[0]!.trim().split("/");
  const [wantedType, wantedSubtype] = pattern.split("/");
  return type === wantedType && (wantedSubtype === "*" || subtype === wantedSubtype);
}
