/** A request's body, as bytes and as JSON, whatever the sender meant by it: bounded in size, time and depth. */
import { FrontrowError } from "../shared/errors.ts";
import { invalidRequest } from "./failures.ts";

export interface BodyLimits {
  /** Bytes. */
  most: number;
  /** Milliseconds until the last byte must have come. */
  within: number;
}

/** Levels of lists and objects; no request of ours has more than five. */
const MAX_DEPTH = 32;

/**
 * Reads the whole body. It is never decompressed, so a small one stays small.
 * @throws {FrontrowError} `REQUEST_TOO_LARGE`, `REQUEST_TIMEOUT`, or `REQUEST_INVALID` for a compressed one.
 */
export async function readBody(request: Request, limits: BodyLimits): Promise<Uint8Array<ArrayBuffer>> {
  const encoding = request.headers.get("content-encoding")?.trim().toLowerCase() ?? "";
  if (encoding !== "" && encoding !== "identity") throw invalidRequest("The body must not be compressed.");
  if (Number(request.headers.get("content-length") ?? 0) > limits.most) throw tooLarge(limits);
  if (request.body === null) return new Uint8Array();
  const reader = request.body.getReader();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, refuse) => {
    timer = setTimeout(() => refuse(tooLate(limits)), limits.within);
  });
  try {
    return await Promise.race([readAll(reader, limits), late]);
  } catch (error) {
    void reader.cancel().catch(() => undefined);
    if (error instanceof FrontrowError) throw error;
    throw invalidRequest("The body ended before it was complete.");
  } finally {
    clearTimeout(timer);
  }
}

async function readAll(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  limits: BodyLimits,
): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    length += next.value.byteLength;
    if (length > limits.most) throw tooLarge(limits);
    chunks.push(next.value);
  }
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.byteLength;
  }
  return bytes;
}

/** @throws {FrontrowError} `REQUEST_INVALID` when the bytes are not UTF-8, not JSON, or nested too deep. */
export function parseJson(bytes: Uint8Array): unknown {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    if (depthOf(text) <= MAX_DEPTH) return JSON.parse(text);
  } catch {
    throw invalidRequest("The body must be JSON.");
  }
  throw invalidRequest(`The body must be JSON of at most ${MAX_DEPTH} levels.`);
}

/** Counts brackets outside of strings, before anything is built of them. */
function depthOf(text: string): number {
  let [depth, deepest] = [0, 0];
  let isText = false;
  for (let at = 0; at < text.length; at++) {
    const char = text[at];
    if (isText) {
      if (char === "\\") at++;
      else if (char === '"') isText = false;
    } else if (char === '"') isText = true;
    else if (char === "[" || char === "{") deepest = Math.max(deepest, ++depth);
    else if (char === "]" || char === "}") depth--;
  }
  return deepest;
}

function tooLarge({ most }: BodyLimits): FrontrowError {
  return new FrontrowError("REQUEST_TOO_LARGE", `The body must be at most ${most} bytes.`);
}

function tooLate({ within }: BodyLimits): FrontrowError {
  return new FrontrowError("REQUEST_TIMEOUT", `The body must arrive within ${within} ms.`);
}
