import postgres from "postgres";
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

/**
 * Connects to a real Postgres with a small pool. Nothing is prepared by name: the Data API's statements are too many,
 * and a plan kept over a migration would fail inside a transaction.
 */
export function openPostgres(url: string): Sql {
  const client = postgres(url, {
    max: 10,
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
  });
  let closed: Promise<void> | undefined;
  return {
    engine: "postgres",
    ...asQuery(client),
    transaction: async (run) => (await client.begin((tx) => run(asQuery(tx)))) as never,
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
