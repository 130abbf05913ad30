/**
 * A bucket as Storage keeps it, without the service: objects are rows of storage.objects, bodies lie beside them by
 * version, and each request is one transaction that carries its headers, so that the fence and the capture see it. Fast
 * enough for thousands of schedules. It answers a refusal and a lost body in Storage's way.
 */
import { createHash } from "node:crypto";
import { FrontrowError } from "../../shared/errors.ts";
import type { Store } from "../../shared/stores/store.ts";
import { isSqlError, type Query, type Sql } from "../local/database/sql.ts";

export interface SqlBucket extends Store<Uint8Array> {
  /** A user's upload. */
  put(path: string, text: string): Promise<void>;
  /** A user's removal. */
  drop(path: string): Promise<void>;
  /** What is there, by SQL. */
  text(path: string): Promise<string | null>;
  /** Bodies by version; take one away and it is lost. */
  readonly bodies: Map<string, Uint8Array>;
  /** Answers the next read of this path with these bytes, as a stale cache would. */
  stale: Map<string, Uint8Array>;
  /** The engine's next remove of this path says "done" and does nothing. */
  lies: Set<string>;
}

const UPSERT = `insert into storage.objects as o (bucket_id, name, version, metadata) values ($1, $2, $3, $4::text::jsonb)
  on conflict (bucket_id, name) do update set version = excluded.version, metadata = excluded.metadata`;

export function sqlBucket(sql: Sql, bucket = "content"): SqlBucket {
  const bodies = new Map<string, Uint8Array>();
  const stale = new Map<string, Uint8Array>();
  const lies = new Set<string>();

  function request<T>(intent: string | null, run: (tx: Query) => Promise<T>): Promise<T> {
    const headers = JSON.stringify(intent === null ? {} : { "x-frontrow-intent": intent });
    return sql.transaction(async (tx) => {
      await tx.query(
        "select set_config('request.headers', $1, true), set_config('storage.allow_delete_query', 'true', true)",
        [headers],
      );
      return await run(tx);
    });
  }

  async function put(path: string, bytes: Uint8Array, intent: string | null): Promise<void> {
    const version = crypto.randomUUID();
    const eTag = `"${createHash("md5").update(bytes).digest("hex")}"`;
    bodies.set(version, bytes);
    await request(intent, (tx) =>
      tx.query(UPSERT, [bucket, path, version, JSON.stringify({ eTag, size: bytes.length })]),
    );
  }

  async function drop(path: string, intent: string | null): Promise<void> {
    await request(intent, (tx) =>
      tx.query("delete from storage.objects where bucket_id = $1 and name = $2", [bucket, path]),
    );
  }

  async function current(path: string): Promise<string | null> {
    const [row] = await sql.query<{ version: string }>(
      "select version from storage.objects where bucket_id = $1 and name = $2",
      [bucket, path],
    );
    return row?.version ?? null;
  }

  return {
    name: `sql bucket ${bucket}`,
    bodies,
    stale,
    lies,
    async read(path, expected) {
      if (expected === null) return { state: "absent" };
      const version = await current(path);
      const held = stale.get(path) ?? (version === null ? undefined : bodies.get(version));
      stale.delete(path);
      if (held === undefined) {
        return {
          state: "unknown",
          error: new FrontrowError("BODY_MISSING", `"${path}" has no bytes.`, { path }),
        };
      }
      const etag = `"${createHash("md5").update(held).digest("hex")}"`;
      if (etag !== expected.etag) {
        const error = new FrontrowError("REPLICA_MOVED", `"${path}" has other bytes.`, { path });
        return { state: "unknown", error };
      }
      return { state: "found", version: expected.version, content: held };
    },
    async write(path, content, { intent }) {
      try {
        await put(path, content, intent);
      } catch (cause) {
        const refused = isSqlError(cause) && cause.message.includes("frontrow_precondition");
        throw new FrontrowError(
          refused ? "REPLICA_MOVED" : "STORE_UNAVAILABLE",
          `"${path}" was not written.`,
          {
            path,
            cause,
          },
        );
      }
    },
    async remove(path, { intent }) {
      if (!lies.delete(path)) await drop(path, intent);
    },
    put: (path, text) => put(path, new TextEncoder().encode(text), null),
    drop: (path) => drop(path, null),
    async text(path) {
      const version = await current(path);
      const bytes = version === null ? undefined : bodies.get(version);
      return bytes === undefined ? null : new TextDecoder().decode(bytes);
    },
  };
}
