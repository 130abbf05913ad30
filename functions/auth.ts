/** Who may call: a dedicated token of little power, or a secret API key. Nothing configured means nobody may. */
import type { MiddlewareHandler } from "hono";

export interface Secrets {
  /** The doorbell's token; it can start work and name documents, nothing else. */
  hookToken: string | null;
  /** Secret API keys (`sb_secret_…`, or a legacy service key). */
  secretKeys: readonly string[];
}

/** Lets secret keys through; with `token`, the dedicated token as well. Everybody else gets 401 and no reason. */
export function allow(secrets: Secrets, options: { token: boolean }): MiddlewareHandler {
  return async (c, next) => {
    const token = c.req.header("x-frontrow-token");
    const key = c.req.header("apikey");
    const hasToken = options.token && secrets.hookToken !== null && (await isSame(token, secrets.hookToken));
    if (hasToken || (await isOneOf(key, secrets.secretKeys))) return await next();
    return c.json({ error: { code: "UNAUTHORIZED" } }, 401);
  };
}

/** Whether a key is one of these, in constant time. */
export async function isOneOf(given: string | undefined, known: readonly string[]): Promise<boolean> {
  let found = false;
  for (const one of known) found = (await isSame(given, one)) || found;
  return found;
}

/** Compares in constant time: digests have one length, and every byte of them is looked at. */
export async function isSame(given: string | undefined, expected: string): Promise<boolean> {
  if (given === undefined || given === "" || expected === "") return false;
  const [a, b] = await Promise.all([sha256(given), sha256(expected)]);
  let difference = 0;
  for (let index = 0; index < a.length; index++) difference |= a[index]! ^ b[index]!;
  return difference === 0;
}

async function sha256(text: string): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
}
