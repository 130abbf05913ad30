/**
 * The worker's doors: `POST /` wakes it, `POST /:collection` and `POST /all` run a backfill and wait, `GET /health`
 * says how things are.
 */
import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { collectionNamed, type ResolvedConfig } from "../../shared/collections/mod.ts";
import type { Hub } from "../../shared/hub/hub.ts";
import { digestsOf } from "../../shared/sync/binding.ts";
import { EDGE_LIMITS, type Limits, startBudget, systemClock } from "../../shared/sync/budget.ts";
import type { Connection } from "../../shared/sync/connect.ts";
import { planDocuments } from "../../shared/sync/plan.ts";
import { drain, type RunSummary, type WorkerOptions } from "../../shared/sync/worker.ts";
import { allow, type Secrets } from "../auth.ts";
import { rememberBindings } from "../bindings.ts";
import { invalidRequest, toResponse } from "../failures.ts";

export interface SyncAppOptions extends Pick<Connection, "hub" | "bucket"> {
  config: ResolvedConfig;
  secrets: Secrets;
  /** Keeps the isolate alive for work that goes on after the answer. */
  waitUntil(work: Promise<unknown>): void;
  limits?: Partial<Limits>;
  onResults?: WorkerOptions["onResults"];
  /** Ends work under way at its next claim. */
  signal?: AbortSignal;
  /** Milliseconds for which what is registered is believed. @default 30000 */
  believe?: number;
}

/** The largest body anybody has reason to send here. */
const MAX_BODY = 64 * 1024;

export function createSyncApp(options: SyncAppOptions): Hono {
  const { hub, config, secrets } = options;
  const bindings = rememberBindings(hub, config, options.believe ?? 30_000);
  let running: Promise<RunSummary> | null = null;

  /** One loop per isolate is enough: it sees what this call came for. */
  function wake(cause: string): Promise<RunSummary> {
    if (running === null) {
      running = run(cause).finally(() => {
        running = null;
      });
      options.waitUntil(running.catch(logFailure));
    }
    return running;
  }

  async function run(cause: string, limits: Partial<Limits> = {}): Promise<RunSummary> {
    return await drain({
      hub,
      bindings: await bindings(),
      bucket: options.bucket,
      cause,
      limits: { ...options.limits, ...limits },
      ...(options.onResults ? { onResults: options.onResults } : {}),
      ...(options.signal ? { signal: options.signal } : {}),
    });
  }

  async function backfill(name: string | undefined, request: BackfillRequest) {
    const { marked } = await hub.backfill({
      ...request,
      ...(name === undefined ? {} : { collection: name }),
    });
    const { counts, more } = await run("manual", { linger: 0 });
    return { marked, counts, more };
  }

  async function preview(name: string | undefined, request: BackfillRequest) {
    const bound = await bindings();
    const limits = { ...EDGE_LIMITS, ...options.limits };
    const items = await hub.preview({
      ...request,
      ...(name === undefined ? {} : { collection: name }),
      limit: 200,
      digests: digestsOf(bound),
    });
    const budget = startBudget(limits, systemClock);
    const planned = await planDocuments({ bindings: bound, bucket: options.bucket, limits, budget }, items);
    const documents = planned.map((one) => ({
      path: one.item.path,
      outcome: "plan" in one ? one.plan.outcome : "deferred",
      code: "plan" in one ? one.plan.quarantine?.error.code : one.error.code,
    }));
    return { dry_run: true, documents };
  }

  const app = new Hono({ strict: false }).basePath("/frontrow-sync");
  app.onError(toResponse);
  app.use(
    bodyLimit({ maxSize: MAX_BODY, onError: (c) => c.json({ error: { code: "REQUEST_TOO_LARGE" } }, 413) }),
  );

  // Answered at once: pg_net holds a whole batch for its slowest receiver.
  app.post("/", allow(secrets, { token: true }), async (c) => {
    if (c.req.query("wait") !== undefined) return c.json(await wake("manual"));
    wake("doorbell").catch(() => undefined); // logged where it was started
    return c.text("awake", 202);
  });

  app.get("/health", allow(secrets, { token: true }), async (c) => {
    // A worker built from another config than the registered one claims nothing: that must be seen.
    const isRegistered = await bindings().then(
      () => true,
      () => false,
    );
    return c.json(healthOf(await hub.report(), isRegistered));
  });

  app.post("/all", allow(secrets, { token: false }), async (c) => {
    const request = readQuery((name) => c.req.query(name));
    const collections: Record<string, unknown> = {};
    // Collections are worked on in the order they are declared, so that what others refer to comes first.
    for (const { name } of config.collections) {
      collections[name] = request.dryRun ? await preview(name, request) : await backfill(name, request);
    }
    return c.json({ collections });
  });

  app.post("/:collection", allow(secrets, { token: false }), async (c) => {
    const { name } = collectionNamed(config, c.req.param("collection"));
    const request = readQuery((key) => c.req.query(key));
    return c.json({
      collection: name,
      ...(request.dryRun ? await preview(name, request) : await backfill(name, request)),
    });
  });
  return app;
}

interface BackfillRequest {
  full?: boolean;
  hours?: number;
  dryRun?: boolean;
}

/** `?full`, `?full=true`, `?hours=24`, `?dry_run`. */
function readQuery(query: (name: string) => string | undefined): BackfillRequest {
  const hours = query("hours");
  if (hours !== undefined && !/^[1-9]\d{0,4}$/.test(hours)) {
    throw invalidRequest(`hours must be a whole number from 1 to 99999, not "${hours.slice(0, 20)}".`);
  }
  return {
    full: isOn(query("full")),
    dryRun: isOn(query("dry_run")),
    ...(hours === undefined ? {} : { hours: Number(hours) }),
  };
}

function isOn(value: string | undefined): boolean {
  return value !== undefined && value !== "false" && value !== "0";
}

function healthOf(report: Awaited<ReturnType<Hub["report"]>>, isRegistered: boolean) {
  const sum = (count: (of: (typeof report.collections)[number]) => number): number =>
    report.collections.reduce((total, one) => total + count(one), 0);
  const { runs, failed } = report.last24Hours;
  const needsLook = report.halts.length + sum((one) => one.quarantined + one.conflicts + (one.unnamed ?? 0));
  return {
    status:
      needsLook > 0 || isStale(report.state.sweep) || report.doorbell !== "ready" || !isRegistered
        ? "attention"
        : "healthy",
    config: isRegistered ? "registered" : "not registered",
    pending: sum((one) => one.pending),
    quarantined: sum((one) => one.quarantined),
    conflicts: sum((one) => one.conflicts),
    halts: report.halts.length,
    halted: report.halts.map(({ id, kind, reason }) => ({ id, kind, reason })),
    doorbell: report.doorbell,
    last_sweep: report.state.sweep ?? null,
    sync_status: { sync_in_progress: report.running, last_run: report.state.last_run ?? null },
    stats: { total_syncs_24h: runs, success_rate: runs === 0 ? null : (runs - failed) / runs },
  };
}

/** Milliseconds; the sweep is due every 30 s, or every minute with an old pg_cron. */
const SWEEP_IS_LATE = 5 * 60_000;

/** Whether a sweep that once ran has stopped: then lost signals stay lost. */
function isStale(sweep: unknown): boolean {
  return typeof sweep === "string" && Date.now() - Date.parse(sweep) > SWEEP_IS_LATE;
}

function logFailure(error: unknown): void {
  const code = error instanceof Error && "code" in error ? error.code : "defect";
  const message = error instanceof Error ? error.message : String(error);
  console.error(JSON.stringify({ level: "error", event: "run-ended", code, message }));
}
