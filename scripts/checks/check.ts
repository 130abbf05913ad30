/** One step of `npm run check`. */
export interface Check {
  /** As the summary shows it, and as `npm run check -- <name>` picks it. */
  name: string;
  /** What is wrong, one entry each, with what to do; empty when all is well. */
  run: () => Promise<string[]>;
}
