/** Everything outside that a verb may touch. `scripts/frontrow.ts` makes the real one, tests make their own. */

export interface Io {
  stdout(text: string): void;
  stderr(text: string): void;
  /** Everything on stdin, to its end. */
  stdin(): Promise<Uint8Array>;
  /** Whether colours may be used on each stream. */
  colour: { stdout: boolean; stderr: boolean };
  /** Whether stderr is a terminal: progress bars. */
  isTerminal: boolean;
  /** Width of the terminal in characters. */
  columns: number;
  environment: Readonly<Record<string, string | undefined>>;
  /** The project's root: `frontrow.config.ts` and `.frontrow/` are here. */
  root: string;
  /** Where the person stands: what they name is relative to it. */
  folder: string;
  /** How the person starts this program; hints are spelled with it. */
  program: string;
  /** Asks a yes/no question; null when nobody can answer. */
  ask: ((question: string) => Promise<boolean>) | null;
  /** Aborted when the person interrupts. Once called, the first Ctrl-C no longer ends the process. */
  interruption(): AbortSignal;
}
