/** What all foreign writers share. */
import type { Random } from "./random.ts";

export interface Scene {
  random: Random;
  /** The documents that are written; renames add to it. */
  paths: string[];
  /** true once the storm is over. */
  isOver(): boolean;
  /** A rename's target: a name nobody had, and that nobody else is told of yet. */
  freshPath(like: string): string;
  /** The rename is done. */
  welcome(path: string): void;
}

/** At most so many documents: beyond that nobody adds names. */
const MOST_PATHS = 80;

export function openScene(
  random: Random,
  each: number,
  collections: readonly string[],
): Scene & { end(): void } {
  const paths = collections.flatMap((name) =>
    Array.from({ length: each }, (_, i) => `${name}/d${String(i).padStart(2, "0")}.md`),
  );
  let over = false;
  let renamed = 0;
  return {
    random,
    paths,
    isOver: () => over,
    end() {
      over = true;
    },
    freshPath(like) {
      return like.replace(/[^/]+\.md$/, `r${++renamed}.md`);
    },
    welcome(path) {
      if (paths.length < MOST_PATHS) paths.push(path);
    },
  };
}
