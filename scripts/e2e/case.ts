/** What every case is: a story that is played, and the promises that it broke. */

export interface E2eOptions {
  /** The case's own options, as given. */
  values: Readonly<Record<string, string | undefined>>;
  /** For what is drawn at random. */
  seed: number;
  /** Told how far it is. */
  progress(message: string): void;
}

/** What was seen, by name; `broken` says in words which promise was not kept, empty when all were. */
export type Story = Record<string, unknown> & { broken: string[] };

export type E2eCase = (options: E2eOptions) => Promise<Story>;

/** Tries again until the answer is true. @returns whether it was, within `most` milliseconds */
export async function eventually(isTrue: () => Promise<boolean>, most = 30_000): Promise<boolean> {
  const deadline = performance.now() + most;
  while (!(await isTrue())) {
    if (performance.now() > deadline) return false;
    await new Promise((done) => setTimeout(done, 10));
  }
  return true;
}
