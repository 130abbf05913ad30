/** The brake on mass deletion. The SQL hub has its own copy of this rule; both pass valve-vectors.json. */

export interface ValveCounts {
  /** Documents alive before any of the deletions counted here. */
  live: number;
  /** Deletions about to be applied. */
  deleting: number;
  /** Deletions applied within the window. */
  recent: number;
  /** Documents the side would have left. */
  remaining: number;
}

export interface ValveLimits {
  /** Of the live documents, 0–1. @default 0.2 */
  share: number;
  /** Fewer deletions than this never trip it. @default 10 */
  atLeast: number;
}

/** A side of fewer documents than this may be emptied. */
const EMPTIED_FROM = 3;

/** Whether deletions must wait for a person. */
export function valveTrips(counts: ValveCounts, limits: ValveLimits): boolean {
  const { live, deleting, recent, remaining } = counts;
  if (deleting === 0) return false;
  // 0.29 · 100 is 28.999… in doubles and 29 in SQL; the slack makes both say 29.
  if (deleting + recent > Math.max(limits.atLeast, limits.share * live) + 1e-9) return true;
  return remaining <= 0 && live >= EMPTIED_FROM;
}
