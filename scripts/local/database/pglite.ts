import { AsyncLocalStorage } from "node:async_hooks";
import { PGlite, types } from "@electric-sql/pglite";
import { parseInt8, type Query, type Row, type Sql } from "./sql.ts";

interface Runner {
  query<T>(text: string, params?: unknown[]): Promise<{ rows: T[] }>;
  exec(text: string): Promise<unknown>;
}

const asQuery = (runner: Runner): Query => ({
  async query<T = Row>(text: string, params?: readonly unknown[]) {
    return (await runner.query<T>(text, params as unknown[])).rows;
  },
  async exec(text) {
    await runner.exec(text);
  },
});

export interface PgliteOptions {
  /** Folder to persist in; absent keeps everything in memory. */
  folder?: string;
  /** A data directory to start from (`PGlite.dumpDataDir`); used only while `folder` is empty. */
  snapshot?: Blob;
}

/**
 * Starts PGlite: one Postgres, one connection, in this process. Its own mutex serialises transactions; using the
 * outer `Sql` inside a transaction would wait for itself, so that throws instead.
 */
export async function openPglite({ folder, snapshot }: PgliteOptions = {}): Promise<PgliteSql> {
  const db = await PGlite.create({
    ...(folder ? { dataDir: folder } : {}),
    ...(snapshot ? { loadDataDir: snapshot } : {}),
    parsers: { [types.INT8]: parseInt8 },
  });
  const outer = asQuery(db as unknown as Runner);
  const inside = new AsyncLocalStorage<{ open: boolean }>();
  const checkOutside = () => {
    if (inside.getStore()?.open)
      throw new Error("Inside a transaction use the query it passes in: PGlite has one connection");
  };
  let closed: Promise<void> | undefined;
  return {
    engine: "pglite",
    async query(text, params) {
      checkOutside();
      return await outer.query(text, params);
    },
    async exec(text) {
      checkOutside();
      await outer.exec(text);
    },
    async transaction(run) {
      checkOutside();
      const state = { open: true };
      return await db.transaction((tx) =>
        inside.run(state, () =>
          run(asQuery(tx as unknown as Runner)).finally(() => {
            state.open = false;
          }),
        ),
      );
    },
    listen: (channel, heard) => db.listen(channel, (payload) => inside.exit(() => heard(payload))),
    close: () => (closed ??= db.close()),
    async dump() {
      // Whoever starts from it has then nothing to recover.
      await db.exec("checkpoint");
      return (await db.dumpDataDir("none")) as Blob;
    },
  };
}

export interface PgliteSql extends Sql {
  /** The whole data directory as an uncompressed tar. */
  dump(): Promise<Blob>;
}
