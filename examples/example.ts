/** What every example is made of: `npm start -- --example <name>` loads `examples/<name>/example.ts`. */

import type { Config } from "../shared/collections/mod.ts";

export interface Example {
  readonly name: string;
  readonly config: Config;
  /** The SQL that makes its tables, from the project's root. Run once, before the collections are registered. */
  readonly schemaFile: string;
  readonly content: ContentFolder;
  /** @default nothing is told */
  readonly trial?: Trial;
}

/** What a person is told to try while it runs. */
interface Trial {
  /** A document to edit. */
  readonly path: string;
  /** SQL that changes one line of its file. */
  readonly statement: string;
  /** Command lines of `frontrow`. @default none but the usual ones */
  readonly commands?: readonly string[];
}

/** Where the example's files are. Plain data: whoever starts it looks what is there. */
export interface ContentFolder {
  /** Folders from the project's root, the first that exists is used. What `--content` names goes before them. */
  readonly folders: readonly string[];
  /** What to tell a person when none exists. */
  readonly missing: string;
}

/** The content folder to use: `given` (from `--content`) alone, or the first of the example's own that exists. */
export function contentFolder(
  { content }: Example,
  exists: (folder: string) => boolean,
  given?: string,
): string | null {
  const folders = given === undefined ? content.folders : [given];
  return folders.find(exists) ?? null;
}
