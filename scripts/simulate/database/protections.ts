/** What keeps the engine right, each to be switched off by name so that a simulation shows what it is there for. */
export const PROTECTIONS = [
  /** The token and term of a lease are checked by apply, confirm and complete. */
  "fence",
  /** Complete forgets only the signals that its claim saw. */
  "seen-ids",
  /** Storage refuses an engine's write that is not on the version it was meant for. */
  "cas",
  /** What Storage serves must be what SQL says is there. */
  "stale-read-check",
  /** Mass deletion waits for a person. */
  "valve",
  /** A body or an answer that is missing is no absence. */
  "evidence",
  /** The engine's own writes are no news. */
  "origin",
  /** A document that goes to and fro is stopped. */
  "breaker",
  /** What cannot be read or fails five times is set aside. */
  "quarantine",
  /** A leased document is handed out to nobody else. */
  "per-key-lease",
] as const;

export type Protection = (typeof PROTECTIONS)[number];
