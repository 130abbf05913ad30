import postgres from "postgres";
import { patientSocket } from "./patient-socket.ts";
import { parseInt8, type Query, type Row, type Sql } from "./sql.ts";

const asQuery = (client: postgres.Sql | postgres.TransactionSql): Query => ({
  async query<T = Row>(text: string, params: readonly unknown[] = []) {
    return [...(await client.unsafe(text, params as never[], { prepare: false }))] as T[];
  },
  async exec(text) {
    await client.unsafe(text).simple();
  },
});

const jsonText = (value: unknown) => (typeof value === "string" ? value : JSON.stringify(value));
const instant = (value: unknown) => (value instanceof Date ? value.toISOString() : String(value));

/** One transaction. When its connection ends, so does it: what `run` still asks for is refused, not sent elsewhere. */
async function transact<T>(client: postgres.Sql, run: (tx: Query) => Promise<T>): Promise<T> {
  let over: unknown;
  try {
    return (await client.begin((connection) => {
      const tx = asQuery(connection);
      const unlessOver =
        <Args extends unknown[], Answer>(ask: (...args: Args) => Promise<Answer>) =>
        async (...args: Args): Promise<Answer> => {
          if (over) throw over;
          return await ask(...args);
        };
      const work = run({ query: unlessOver(tx.query) as Query["query"], exec: unlessOver(tx.exec) });
      // The driver would answer an end that comes too late with a rollback on a connection that is gone.
      return new Promise<T>((resolve, reject) => {
        work.then(
          (value) => over || resolve(value),
          (error) => over || reject(error),
        );
      });
    })) as T;
  } catch (error) {
    over = error;
    throw error;
  }
}

/**
 * Connects to a real Postgres with a small pool. Nothing is prepared by name: the Data API's statements are too many,
 * and a plan kept over a migration would fail inside a transaction.
 */
export function openPostgres(url: string, { connections = 10 } = {}): Sql {
  const client = postgres(url, {
    max: connections,
    backoff: () => 0.1, // seconds; a local server is back soon or not at all
    onnotice: () => {},
    types: {
      bigint: { to: 20, from: [20], parse: parseInt8, serialize: String },
      json: { to: 114, from: [114, 3802], parse: JSON.parse, serialize: jsonText },
      jsonb: { to: 3802, from: [], parse: JSON.parse, serialize: jsonText },
      date: {
        to: 1184,
        from: [1082, 1114, 1184],
        parse: (text: string) => new Date(text),
        serialize: instant,
      },
    } as never,
    // Known to the driver, but not to its types.
    ...({ socket: patientSocket } as object),
  });
  let closed: Promise<void> | undefined;
  return {
    engine: "postgres",
    ...asQuery(client),
    transaction: (run) => transact(client, run),
    async listen(channel, heard) {
      let connected = false;
      const { unlisten } = await client.listen(channel, heard, () => {
        if (connected) heard("");
        connected = true;
      });
      return unlisten;
    },
    close: () => (closed ??= client.end({ timeout: 5 })),
  };
}
