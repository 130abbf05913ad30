/** What every end-to-end case is: a story played with real processes, and whether its promises were kept. */
export interface E2eOptions {
  /** The case's own options, as given. */
  values: Readonly<Record<string, string | undefined>>;
  seed: number;
  /** Told how far it is. */
  progress(message: string): void;
}

/** Figures by name. */
export type E2eResult = Record<string, unknown> & { kept: boolean };

export type E2eCase = (options: E2eOptions) => Promise<E2eResult>;
