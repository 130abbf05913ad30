/** A progress bar on stderr. Draws nothing unless stderr is a terminal; takes no keys, so that Ctrl-C stays ours. */
import type { Io } from "./io.ts";
import type { Output } from "./output.ts";
import { thousands } from "./text.ts";

export interface Progress {
  advance(by?: number): void;
  /** Takes the bar away. */
  end(): void;
}

/** At most so many drawings in a second. */
const RATE = 20;

export function createProgress(label: string, total: number, out: Output, io: Io): Progress {
  let done = 0;
  let drawnAt = Number.NEGATIVE_INFINITY;
  const size = Math.max(10, Math.min(40, io.columns - label.length - 30));

  function draw(): void {
    const now = performance.now();
    if (!out.canDraw || total === 0 || (now - drawnAt < 1000 / RATE && done < total)) return;
    drawnAt = now;
    const share = Math.min(1, done / total);
    const full = Math.round(share * size);
    const bar = "█".repeat(full) + "░".repeat(size - full);
    out.draw(`\r\x1b[2K${label} ${bar} ${thousands(done)}/${thousands(total)} ${Math.floor(share * 100)} %`);
  }

  return {
    advance(by = 1) {
      done += by;
      draw();
    },
    end() {
      if (out.canDraw && drawnAt > 0) out.draw("\r\x1b[2K");
    },
  };
}
