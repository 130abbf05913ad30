/** A stable hash, good for telling contents apart and for nothing else: fast, the same on every machine. */

/** 106 bits as hex. Of a text its UTF-16 units are hashed, of bytes the bytes. */
export function hash(content: string | Uint8Array): string {
  return lane(content, 0) + lane(content, 0x9e3779b9);
}

function lane(content: string | Uint8Array, seed: number): string {
  let high = 0xdeadbeef ^ seed;
  let low = 0x41c6ce57 ^ seed;
  const isText = typeof content === "string";
  for (let at = 0; at < content.length; at++) {
    const unit = isText ? content.charCodeAt(at) : (content[at] as number);
    high = Math.imul(high ^ unit, 2654435761);
    low = Math.imul(low ^ unit, 1597334677);
  }
  high = Math.imul(high ^ (high >>> 16), 2246822507) ^ Math.imul(low ^ (low >>> 13), 3266489909);
  low = Math.imul(low ^ (low >>> 16), 2246822507) ^ Math.imul(high ^ (high >>> 13), 3266489909);
  return (low >>> 0).toString(16).padStart(8, "0") + (high >>> 0).toString(16).padStart(8, "0");
}
