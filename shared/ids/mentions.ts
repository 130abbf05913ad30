/** An id that changes, changed wherever a text mentions it. Pure. */

/**
 * The text with every mention of an id replaced: in the front matter, in prose, links, file names and code. A mention is
 * a whole word. `_` and `-` before it join it to a longer one (SUB-INFRA-1 is another id); after it, only `_` does, so that
 * `INFRA-1-login.md` and `_INFRA-1_` are mentions of INFRA-1, and INFRA-12 and INFRA-1_b are not.
 */
export function replaceMentions(text: string, from: string, to: string): string {
  if (from === "" || !text.includes(from)) return text;
  return text.replace(mentionOf(from), () => to);
}

export function isMentioned(text: string, id: string): boolean {
  return id !== "" && text.includes(id) && mentionOf(id).test(text);
}

function mentionOf(id: string): RegExp {
  const escaped = id.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&");
  const before = "(?<![\\p{L}\\p{M}\\p{N}]|[\\p{L}\\p{M}\\p{N}][-_]+)";
  const after = "(?![\\p{L}\\p{M}\\p{N}]|_+[\\p{L}\\p{N}])";
  return new RegExp(`${before}${escaped}${after}`, "gu");
}
