/** Standard Webhooks signatures: HMAC-SHA256 over `id.timestamp.body`, several signatures for rotation. */
import { isSame } from "../auth.ts";

/** Seconds a timestamp may be off. */
const TOLERANCE = 300;

/**
 * Whether the request carries a valid, fresh signature. A missing secret or header is no. Several secrets, with blanks
 * between them, are all good while the sender changes from one to the other.
 */
export async function isSigned(
  secret: string | null,
  headers: Headers,
  body: Uint8Array<ArrayBuffer>,
  now: number,
): Promise<boolean> {
  const id = headers.get("webhook-id");
  const timestamp = headers.get("webhook-timestamp");
  const signatures = headers.get("webhook-signature");
  if (secret === null || !id || !timestamp || !signatures || !/^\d{1,12}$/.test(timestamp)) return false;
  if (Math.abs(now / 1000 - Number(timestamp)) > TOLERANCE) return false;
  let isValid = false;
  for (const one of secret.split(/\s+/).filter((part) => part !== "")) {
    const expected = await sign(one, id, timestamp, body);
    for (const signature of signatures.split(" ").slice(0, 10))
      isValid = (await isSame(signature, expected)) || isValid;
  }
  return isValid;
}

/** The signature of a body, `v1,<base64>`. The secret is `whsec_<base64>`, or any text. */
export async function sign(
  secret: string,
  id: string,
  timestamp: string,
  body: Uint8Array<ArrayBuffer>,
): Promise<string> {
  const key = await crypto.subtle.importKey(
    "raw",
    keyBytes(secret),
    { name: "HMAC", hash: "SHA-256" },
    false,
    ["sign"],
  );
  const head = new TextEncoder().encode(`${id}.${timestamp}.`);
  const signed = new Uint8Array(head.length + body.length);
  signed.set(head);
  signed.set(body, head.length);
  const mac = new Uint8Array(await crypto.subtle.sign("HMAC", key, signed));
  return `v1,${btoa(String.fromCharCode(...mac))}`;
}

function keyBytes(secret: string): Uint8Array<ArrayBuffer> {
  if (!secret.startsWith("whsec_")) return new TextEncoder().encode(secret);
  return Uint8Array.from(atob(secret.slice("whsec_".length)), (char) => char.charCodeAt(0));
}
