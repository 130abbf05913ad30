/** The ground a hub under test stands on: the garden's table and bucket, as others than the engine get at them. */
import type { Store } from "../stores/store.ts";
import type { Hub } from "./hub.ts";

/** Columns of `public.parts`. */
export type Cells = Record<string, string | null | readonly string[]>;

export interface Ground {
  readonly hub: Hub;
  bucket(name: string): Store<Uint8Array>;
  /** The bucket `content`, as its users see it. */
  files: {
    put(path: string, text: string): Promise<void>;
    drop(path: string): Promise<void>;
    move(from: string, to: string): Promise<void>;
    text(path: string): Promise<string | null>;
    /** A new version of the object, without its bytes. */
    hollow(path: string): Promise<void>;
  };
  /** The rows of `users/<user_id>/parts/<slug>.md`. */
  rows: {
    /** Inserts or updates, in one statement. */
    put(path: string, cells: Cells): Promise<void>;
    delete(path: string): Promise<void>;
    /** Sets deleted_at. */
    hide(path: string): Promise<void>;
    /** Sets the slug of the one to that of the other. */
    move(from: string, to: string): Promise<void>;
    truncate(): Promise<void>;
    /** The live row. */
    get(path: string): Promise<Cells | null>;
    /** A trigger of the table's that puts every name in capitals. */
    shout(on: boolean): Promise<void>;
  };
  /** With all triggers off. */
  blind(write: () => Promise<void>): Promise<void>;
  sweep(): Promise<void>;
  /** Every lease runs out now and every back-off is over. */
  endWaits(): Promise<void>;
  history(
    path: string,
  ): Promise<{ revision: number; store: string; text: string | null; deleted: boolean }[]>;
  /** Everything gone, from all tables, but what is registered. */
  clear(): Promise<void>;
  stop?(): Promise<void>;
}
