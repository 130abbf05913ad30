/** One part of a `multipart/form-data` body. */
export interface Part {
  name: string;
  /** Present on a file, however it is named. */
  filename: string | undefined;
  contentType: string | undefined;
  bytes: Uint8Array;
}

/**
 * Splits a form body. Deno's own `Request.formData` drops parts whose name is empty, and that is how supabase-js names
 * the file it uploads.
 */
export function parseMultipart(body: Uint8Array, contentType: string): Part[] {
  const boundary = /boundary=(?:"([^"]+)"|([^;\s]+))/i.exec(contentType);
  if (!boundary) return [];
  const delimiter = Buffer.from(`--${boundary[1] ?? boundary[2]}`);
  const buffer = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  const parts: Part[] = [];
  let at = buffer.indexOf(delimiter);
  while (at >= 0) {
    const start = at + delimiter.length + 2; // past the line's end, or past the closing "--"
    const next = buffer.indexOf(Buffer.concat([Buffer.from("\r\n"), delimiter]), start);
    const headersEnd = buffer.indexOf("\r\n\r\n", start);
    if (next < 0 || headersEnd < 0 || headersEnd > next) break;
    const headers = buffer.subarray(start, headersEnd).toString("utf8");
    parts.push({
      name: /content-disposition:[^\r\n]*?[; ]name="((?:[^"\\]|\\.)*)"/i.exec(headers)?.[1] ?? "",
      filename: /content-disposition:[^\r\n]*?[; ]filename="((?:[^"\\]|\\.)*)"/i.exec(headers)?.[1],
      contentType: /^content-type:\s*([^\r\n]+)/im.exec(headers)?.[1],
      bytes: new Uint8Array(buffer.subarray(headersEnd + 4, next)),
    });
    at = next + 2;
  }
  return parts;
}
