import type { Sql } from "./database/sql.ts";

/** Requests taken from the queue at once, as `pg_net.batch_size`. */
const BATCH = 200;

interface QueuedRequest {
  id: number;
  method: string;
  url: string;
  headers: Record<string, string> | null;
  body: Uint8Array | null;
  timeout_milliseconds: number;
}

interface NetResponse {
  id: number;
  status_code?: number;
  content_type?: string | null;
  headers?: Record<string, string>;
  content?: string;
  timed_out: boolean;
  error_msg?: string;
}

export interface NetWorker {
  /** Resolves once nothing is queued and nothing is being delivered. */
  idle(): Promise<void>;
  stop(): Promise<void>;
}

export interface NetOptions {
  /** Pause after each batch. The real worker waits up to 990 ms. @default 0 */
  pauseMs?: number;
}

/**
 * The worker of the pg_net stand-in: after each commit that rang, it takes a batch off the queue, sends it by real
 * HTTP and records the answers. As the real one: at most 200 at once, all of them concurrently, a batch ends with its
 * slowest request, no retry. Unlike it, no transaction stays open meanwhile, so a crash during a batch loses it.
 */
export async function startNet(sql: Sql, { pauseMs = 0 }: NetOptions = {}): Promise<NetWorker> {
  const stopping = new AbortController();
  let rung = true; // what an earlier process left queued
  let draining: Promise<void> | undefined;

  const take = () =>
    sql.query<QueuedRequest>(`
      with taken as (select id from net.http_request_queue order by id limit ${BATCH})
      delete from net.http_request_queue as q using taken where q.id = taken.id
      returning q.id, q.method::text, q.url, q.headers, q.body, q.timeout_milliseconds`);

  async function drain(): Promise<void> {
    while (rung && !stopping.signal.aborted) {
      rung = false;
      for (let batch = await take(); batch.length > 0; batch = await take()) {
        const responses = await Promise.all(batch.map((request) => send(request, stopping.signal)));
        if (stopping.signal.aborted) return;
        await record(sql, responses);
        if (pauseMs > 0) await sleep(pauseMs, stopping.signal);
        if (stopping.signal.aborted) return;
      }
    }
  }
  const ring = () => {
    rung = true;
    draining ??= drain()
      .catch((error) => {
        if (!stopping.signal.aborted) console.error("pg_net stand-in:", error);
      })
      .finally(() => {
        draining = undefined;
      });
  };
  const asked = new Map<string, () => void>();
  const unlisten = await sql.listen("frontrow_net_wake", (payload) => {
    if (payload === "") ring();
    asked.get(payload)?.();
  });
  ring();
  /** Notifications arrive in commit order: once our own is heard, so is every ring committed before it. */
  const heardAll = async () => {
    const nonce = crypto.randomUUID();
    const heard = new Promise<void>((resolve) => asked.set(nonce, resolve));
    await sql.query("select pg_notify('frontrow_net_wake', $1)", [nonce]);
    await heard;
    asked.delete(nonce);
  };
  return {
    async idle() {
      for (;;) {
        await heardAll();
        if (!draining) return;
        await draining;
      }
    },
    async stop() {
      stopping.abort();
      await unlisten();
      await draining;
    },
  };
}

async function send(request: QueuedRequest, stopping: AbortSignal): Promise<NetResponse> {
  const { id, method, url, headers, body, timeout_milliseconds: timeoutMs } = request;
  const timeout = AbortSignal.timeout(timeoutMs);
  try {
    const response = await fetch(url, {
      method,
      headers: { "user-agent": "pg_net/0.20 (frontrow stand-in)", ...headers },
      signal: AbortSignal.any([timeout, stopping]),
      ...(body ? { body: body as BodyInit } : {}),
    });
    const content = (await response.text()).split("\0")[0]!; // the real one stops at the first NUL, too
    return {
      id,
      status_code: response.status,
      content_type: response.headers.get("content-type"),
      headers: Object.fromEntries(response.headers),
      content,
      timed_out: false,
    };
  } catch (error) {
    const timedOut = timeout.aborted;
    return {
      id,
      timed_out: timedOut,
      error_msg: timedOut ? `Timeout of ${timeoutMs} ms reached.` : String(error),
    };
  }
}

async function record(sql: Sql, responses: NetResponse[]): Promise<void> {
  await sql.query(
    `with expired as (delete from net._http_response where created < now() - interval '6 hours')
    insert into net._http_response (id, status_code, content_type, headers, content, timed_out, error_msg)
    select * from jsonb_to_recordset($1::text::jsonb) as r (id bigint, status_code integer, content_type text,
      headers jsonb, content text, timed_out boolean, error_msg text)`,
    [JSON.stringify(responses)],
  );
}

function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
