/** A project to be hostile to: the real stack, the real functions over HTTP, and everything they said, remembered. */
import process from "node:process";
import { z } from "zod";
import { createIngestApp } from "../../functions/ingest/app.ts";
import { createSyncApp } from "../../functions/sync/app.ts";
import {
  type Collection,
  defineCollection,
  defineConfig,
  resolveConfig,
} from "../../shared/collections/mod.ts";
import type { Binding } from "../../shared/sync/binding.ts";
import { register } from "../../shared/sync/register.ts";
import { endWaits, type Garden, startGarden } from "../testing/garden.ts";
import { HOSTILE_COLLECTIONS, HOSTILE_TABLES } from "./tables.ts";

const anything = z.unknown();

/** Column → SQL type, of `public.things`; each is a field of the same name. */
export const TYPES = {
  flag: "boolean",
  small: "int2",
  big: "int8",
  amount: "numeric",
  ratio: "float8",
  day: "date",
  moment: "timestamptz",
  ref: "uuid",
  list: "text[]",
  data: "jsonb",
  kind: "public.kind",
} as const;

const things = defineCollection({
  name: "things",
  table: "things",
  path: "things/:slug.md",
  fields: z.object({
    title: z.string().nullish(),
    ...Object.fromEntries(Object.keys(TYPES).map((name) => [name, anything])),
  }),
  body: "body",
  extra: "rest",
});

/** A path that spans folders, and no extension: everything below `notes/` could be a document. */
const notes = defineCollection({
  name: "notes",
  table: "notes",
  path: "notes/:path*",
  fields: z.object({ title: z.string().nullish() }),
  body: "body",
});

export const config = defineConfig({
  bucket: "content",
  collections: [things, notes, ...HOSTILE_COLLECTIONS],
});

const SCHEMA = `
  create type public.kind as enum ('a', 'b');
  create table public.things (slug text primary key, title text,
    ${Object.entries(TYPES)
      .map(([name, type]) => `${name} ${type}`)
      .join(", ")},
    rest jsonb, body text not null default '');
  create table public.notes (path text primary key, title text, body text not null default '');
  ${HOSTILE_TABLES}`;

export const HOOK_TOKEN = "the-token-of-the-doorbell";
export const EVENTS_SECRET = "whsec_c2VjcmV0LW9mLXRoZS1ldmVudHM=";

/** What became of a document, as the log says it. */
export interface Logged {
  path: string;
  outcome: string;
  code: string | null;
  message: string | null;
}

/** A collection like any other, but for what a line is about. */
type Attempt = Pick<Collection, "name" | "table"> & Partial<Collection>;

export interface World extends Omit<Garden, "settle"> {
  /** A request to a function, with a secret key unless `headers` are given. */
  post(path: string, body: unknown, headers?: Record<string, string>): Promise<Response>;
  /** Wakes the worker over HTTP until nothing is pending; answers what was logged meanwhile. */
  settle(): Promise<Logged[]>;
  /**
   * Registers one more collection, and forgets it again; `use` may work with it meanwhile.
   * @throws what the registration is refused with
   */
  tryCollection(attempt: Attempt, use?: (bindings: Map<string, Binding>) => Promise<void>): Promise<void>;
  /** Registers the world's own configuration again. */
  register(): Promise<void>;
  bytesOf(path: string): Promise<Uint8Array | null>;
  /** One row of `public.things`, every column as text. */
  thing(slug: string): Promise<Record<string, string | null> | null>;
  /** Everything that was written to the console or answered by a function. */
  said(): string;
}

export async function startWorld(): Promise<World> {
  const garden = await startGarden({ config, schema: SCHEMA });
  const { stack, sql, client, hub, bucket } = garden;
  const spoken: string[] = [];
  const restore = listen(spoken);
  const secrets = { hookToken: HOOK_TOKEN, secretKeys: [stack.secretKey], eventsSecret: EVENTS_SECRET };
  const waitUntil = (): void => undefined;
  const limits = { linger: 0, cpu: Number.POSITIVE_INFINITY };
  const sync = createSyncApp({ hub, bucket, config: garden.config, secrets, waitUntil, limits, believe: -1 });
  stack.mount("frontrow-sync", sync.fetch);
  stack.mount("frontrow-ingest", createIngestApp({ hub, secrets, now: Date.now }).fetch);

  const post: World["post"] = async (path, body, headers = { apikey: stack.secretKey }) => {
    const response = await fetch(`${stack.url}/functions/v1/${path}`, {
      method: "POST",
      headers,
      body: (body instanceof Uint8Array || typeof body === "string"
        ? body
        : JSON.stringify(body)) as RequestInit["body"],
    });
    spoken.push(await response.clone().text());
    return response;
  };
  return {
    ...garden,
    post,
    async settle() {
      const [{ last }] = (await sql.query(
        "select coalesce(max(id), 0)::int as last from frontrow.run_items",
      )) as [{ last: number }];
      for (let round = 0; round < 40; round++) {
        await endWaits(sql);
        const answer = await post("frontrow-sync?wait", "");
        if (answer.status !== 200) throw new Error(`the sync function answered ${answer.status}`);
        if ((await sql.query("select from frontrow.dirty limit 1")).length === 0) {
          return (await sql.query(
            "select path, outcome, code, message from frontrow.run_items where id > $1 order by id",
            [last],
          )) as unknown as Logged[];
        }
      }
      throw new Error("still pending after 40 runs");
    },
    async tryCollection(attempt, use) {
      const { name } = attempt;
      const fields = z.object({ title: z.string().nullish() });
      const one: Collection = { path: `${name}/:slug.md`, fields, body: "body", ...attempt };
      const more = resolveConfig({ ...config, collections: [...config.collections, one] });
      const bindings = await register(hub, more);
      await use?.(bindings);
      await register(hub, garden.config);
    },
    async register() {
      await register(hub, garden.config);
    },
    async bytesOf(path) {
      const { data } = await client.storage
        .from("content")
        .download(path, { cacheNonce: crypto.randomUUID() });
      return data && new Uint8Array(await data.arrayBuffer());
    },
    async thing(slug) {
      // As JSON, since a driver may swallow a byte order mark that begins a text.
      const columns = ["title", "body", "rest", ...Object.keys(TYPES)].map(
        (name) => `'${name}', ${name}::text`,
      );
      const [found] = await sql.query<{ row: string }>(
        `select jsonb_build_object(${columns.join(", ")})::text as row from public.things where slug = $1`,
        [slug],
      );
      return found ? JSON.parse(found.row) : null;
    },
    said: () => spoken.join("\n"),
    async stop() {
      restore();
      await garden.stop();
    },
  };
}

/** Hears what is written to the console and to stderr, and passes it on. */
function listen(spoken: string[]): () => void {
  const names = ["debug", "error", "info", "log", "warn"] as const;
  const before = names.map((name) => console[name]);
  for (const name of names) {
    const own = console[name];
    console[name] = (...args: unknown[]) => {
      spoken.push(args.map(String).join(" "));
      own(...args);
    };
  }
  const write = process.stderr.write;
  process.stderr.write = ((...args: unknown[]) => {
    spoken.push(String(args[0]));
    return (write as (...args: unknown[]) => boolean).apply(process.stderr, args);
  }) as typeof write;
  return () => {
    names.forEach((name, index) => {
      console[name] = before[index]!;
    });
    process.stderr.write = write;
  };
}
