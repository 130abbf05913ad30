/**
 * Tokens: `t17t`. Every foreign write brings one that nobody wrote before, from one sequence, drawn after its writer had
 * read what it replaces; so in a place that only one side writes, they can only grow.
 */

export const token = (number: number | bigint): string => `t${number}t`;

/** All tokens in a text, each once. In JSON a line break before one is an `n`. */
export function tokensIn(text: string | null): Set<string> {
  return new Set(text?.match(/t\d+t/g));
}

/** Those in `before` that `after` does not have. */
export function removedBy(before: string | null, after: string | null): string[] {
  const kept = tokensIn(after);
  return [...tokensIn(before)].filter((one) => !kept.has(one));
}

/** The number of the token in a place that one side alone writes; null when there is none. */
export function counterIn(text: string | null, field: "a" | "b"): number | null {
  // In a file `a: t17t`, in a row's JSON `"a": "t17t"`.
  const found = new RegExp(`^${field}: t(\\d+)t$|"${field}": "t(\\d+)t"`, "m").exec(text ?? "");
  return found ? Number(found[1] ?? found[2]) : null;
}
