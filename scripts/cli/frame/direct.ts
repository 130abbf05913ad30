/** The hub over a connection straight to the database (`--db-url`): the same functions, without the Data API between. */
import postgres from "postgres";
import { FrontrowError } from "../../../shared/errors.ts";
import type { RpcClient } from "../../../shared/hub/postgres-hub.ts";

export interface Direct {
  client: RpcClient;
  /** The project the database says it is of; undefined before the first registration. */
  identity(): Promise<string | undefined>;
  close(): Promise<void>;
}

/** Calls of a bulk load that are under way at once, and one for the rest. */
const CONNECTIONS = 4;
/** Preparing costs a round trip more: only what is asked again and again is worth it. */
const REPEATED = new Set(["frontrow_load", "frontrow_claim", "frontrow_apply", "frontrow_confirm"]);
const PREPARED = { prepare: true };
/** A request and, beside it, its long texts: so neither side need escape them. */
const REQUEST = `$1::text::jsonb || case when $2::text is null then '{}' else
  pg_catalog.jsonb_build_object('texts', pg_catalog.jsonb_build_array($2::text, $3::text)) end`;

/** Opens nothing by itself. @throws {FrontrowError} `USAGE` when the text is no address of a PostgreSQL. */
export function openDirect(url: string): Direct {
  if (!URL.canParse(url) || !/^postgres(ql)?:$/.test(new URL(url).protocol)) {
    throw new FrontrowError("USAGE", "The database's address must begin with postgres://.", {
      hint: "The dashboard shows it under Connect; take the direct connection or the session pooler.",
    });
  }
  const sql = postgres(url, {
    max: CONNECTIONS,
    fetch_types: false,
    // So that a literal needs nothing but its quotes doubled.
    connection: { application_name: "frontrow", standard_conforming_strings: "on" },
    onnotice: () => undefined,
  });
  return {
    client: {
      async rpc(name, { request }) {
        try {
          const [row] = REPEATED.has(name)
            ? await sql.unsafe(`select public.${name}(${REQUEST}) as data`, partsOf(request), PREPARED)
            : await sql.unsafe(`select public.${name}(${quoted(JSON.stringify(request))}::jsonb) as data`);
          return { data: row!.data as unknown, error: null };
        } catch (error) {
          const { message, code } = error as { message: string; code?: string };
          // Postgres' own codes have five signs; the driver's say that there is no connection.
          if (!/^[0-9A-Z]{5}$/.test(code ?? "")) throw error;
          return { data: null, error: { message, code: code! } };
        }
      },
    },
    async identity() {
      const [row] = await sql
        .unsafe("select value #>> '{}' as project from frontrow.settings where name = 'identity'")
        .catch((cause: unknown) => {
          throw new FrontrowError("HUB_UNAVAILABLE", "The database could not be asked whose it is.", {
            hint: "Is the address right, and are the migrations applied?",
            cause,
          });
        });
      return (row?.project as string | null) ?? undefined;
    },
    close: () => sql.end({ timeout: 5 }),
  };
}

function partsOf(request: unknown): (string | null)[] {
  const { texts, ...rest } = request as { texts?: unknown };
  if (!Array.isArray(texts)) return [JSON.stringify(request), null, null];
  const [first = "", ...more] = texts as string[];
  return [JSON.stringify(rest), first, more.join("")];
}

const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;
