/** Numbers that the hub handed out to one place, taken one by one: a block that is lost is a gap, never a number twice. */

export interface IdBlock {
  /** The first and last number of it. */
  readonly first: number;
  readonly last: number;
  /** The next one to take; past `last` when none is left. */
  readonly next: number;
}

/** The next number and what is left then; null when none is left. Keep the rest before the number is used. */
export function takeNext(block: IdBlock): { number: number; rest: IdBlock } | null {
  const { first, last, next } = block;
  if (next > last) return null;
  return { number: Math.max(first, next), rest: { ...block, next: Math.max(first, next) + 1 } };
}

export function leftIn({ first, last, next }: IdBlock): number {
  return Math.max(0, last - Math.max(first, next) + 1);
}
