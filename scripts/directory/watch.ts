/**
 * Tells which documents of a folder may have changed. A hint and nothing more: what is there is for the store to look at,
 * and what a watcher misses for the next scan. A second change within 50 ms is not told: look no sooner than that.
 */
import { basename, relative, sep } from "node:path";
import { watch as chokidar } from "chokidar";
import { encodeFilePath } from "../../shared/document/path-disk.ts";
import { FrontrowError } from "../../shared/errors.ts";
import { isIgnored } from "../../shared/stores/directory-names.ts";

export interface Watcher {
  /** Resolves when every change from now on is told. */
  ready: Promise<void>;
  close(): Promise<void>;
}

export interface WatchOptions {
  /** Absolute, without symbolic links. */
  folder: string;
  /** Milliseconds between looks, where the system tells nobody of changes (network disks). @default it tells */
  interval?: number | undefined;
  /** An object name whose file came, changed or went. */
  onChange(path: string): void;
  /** Changes may have been missed (too many files to watch, a folder that is gone): scan. */
  onDoubt(error: unknown): void;
}

export function watch({ folder, interval, onChange, onDoubt }: WatchOptions): Watcher {
  const watcher = chokidar(folder, {
    ignoreInitial: true,
    followSymlinks: false,
    ...(interval === undefined ? {} : { usePolling: true, interval }),
    ignored: (path) => path !== folder && isIgnored(basename(path)),
  });
  for (const event of ["add", "change", "unlink"] as const) {
    watcher.on(event, (file) => {
      const path = objectName(relative(folder, file).split(sep).join("/"));
      if (path !== null) onChange(path);
    });
  }
  watcher.on("unlinkDir", (gone) => {
    if (gone === folder) onDoubt(new Error(`the folder "${folder}" is gone`));
  });
  watcher.on("error", onDoubt);
  return {
    ready: new Promise((done) => watcher.once("ready", () => done())),
    close: () => watcher.close(),
  };
}

/** null: no document can have this name; a scan says so. */
function objectName(shown: string): string | null {
  try {
    return encodeFilePath(shown);
  } catch (error) {
    if (error instanceof FrontrowError) return null;
    throw error;
  }
}
