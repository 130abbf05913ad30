/**
 * The oracle's book, kept from outside: every value a foreign writer writes is a token of its own. A token is struck off
 * when somebody who had it before their eyes writes it away; all others must be found at the end.
 */

const TOKEN = /tp\d+x\d+z/gi;

/** One replica as one foreign writer changed it. */
export interface Rewrite {
  path: string;
  /** What the writer saw there; "" for nothing. */
  before: string;
  after: string;
}

export class Ledger {
  /** Tokens that must be somewhere, with the documents they have been in. */
  readonly live = new Map<string, Set<string>>();
  /** Documents that somebody deleted, renamed, replaced or made unreadable on one side: what they held may be history. */
  readonly disturbed = new Set<string>();
  /** Documents that were deleted while both sides agreed, and that nobody has written since. */
  readonly gone = new Set<string>();
  /** Documents that a person or a program beside Frontrow deleted on some side. */
  readonly deleted = new Set<string>();
  #tokens = 0;
  readonly user: string;

  constructor(user: string) {
    this.user = user;
  }

  /** A value that nobody has ever written. */
  token(path: string): string {
    const token = `t${this.user}x${++this.#tokens}z`;
    this.live.set(token, new Set([path]));
    return token;
  }

  /** One deed of one writer, however many replicas it touched. */
  rewrite(changes: readonly Rewrite[]): void {
    const kept = new Set(changes.flatMap(({ after }) => tokensIn(after)));
    for (const { path, before, after } of changes) {
      this.gone.delete(path);
      for (const token of tokensIn(before)) if (!kept.has(token)) this.live.delete(token);
      for (const token of tokensIn(after)) this.live.get(token)?.add(path);
    }
  }

  /** What never came in need not be found. */
  forget(text: string, except = ""): void {
    const kept = new Set(tokensIn(except));
    for (const token of tokensIn(text)) if (!kept.has(token)) this.live.delete(token);
  }

  /** Tokens that are neither current nor, where that is allowed, kept. */
  lost(current: string, kept: string, disputed: ReadonlySet<string>): string[] {
    const now = new Set(tokensIn(current));
    const past = new Set(tokensIn(kept));
    return [...this.live].flatMap(([token, homes]) => {
      if (now.has(token)) return [];
      const mayBePast = [...homes].some((path) => this.disturbed.has(path) || disputed.has(path));
      return mayBePast && past.has(token) ? [] : [token];
    });
  }
}

function tokensIn(text: string): string[] {
  return [...text.matchAll(TOKEN)].map(([token]) => token.toLowerCase());
}
