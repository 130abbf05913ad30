/**
 * Ids for who is offline and has no number left: `INFRA-new-k3v9xw`. Each is rewritten to a real one, wherever it is
 * mentioned, before anybody else sees it.
 */
import type { IdFormat } from "./id-format.ts";

/** Crockford's base 32 in lower case: no i, l, o, u, so that one can be read aloud; no case, as disks forget it. */
const LETTERS = "0123456789abcdefghjkmnpqrstvwxyz";
const LENGTH = 6;
const CODE = new RegExp(`^new-[${LETTERS}]{${LENGTH}}$`);

/**
 * An id that no number ever makes. One in 32⁶ (some 10⁹) comes twice: whoever keeps it looks whether it is there already.
 * `random` fills bytes, as `crypto.getRandomValues` does.
 */
export function provisionalId(format: IdFormat, random: (bytes: Uint8Array<ArrayBuffer>) => void): string {
  const bytes = new Uint8Array(LENGTH);
  random(bytes);
  const code = Array.from(bytes, (byte) => LETTERS[byte & 31]).join("");
  return `${format.prefix}new-${code}${format.suffix}`;
}

export function isProvisional({ prefix, suffix }: IdFormat, id: string): boolean {
  if (!id.startsWith(prefix) || !id.endsWith(suffix)) return false;
  return CODE.test(id.slice(prefix.length, id.length - suffix.length));
}
