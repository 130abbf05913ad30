/** The hub's doors over the database in memory: sql/90_api.sql. The real hub client speaks to them. */
import type { Hub } from "../../../shared/hub/hub.ts";
import { createPostgresHub, PROTOCOL, type RpcClient } from "../../../shared/hub/postgres-hub.ts";
import { apply } from "./apply.ts";
import { backfill, preview } from "./backfill.ts";
import { conflicts, resolve } from "./conflicts.ts";
import type { Database } from "./database.ts";
import { confirm } from "./intents.ts";
import { claim, fail } from "./queue.ts";
import { register, registered } from "./register.ts";
import { log, report } from "./report.ts";
import { held, resume } from "./resume.ts";
import { finish } from "./runs.ts";
import { signal } from "./signals.ts";
import { SqlError } from "./sql-error.ts";

// biome-ignore lint/suspicious/noExplicitAny: the requests are the real hub client's, which is typed.
type Verb = (db: Database, request: any) => unknown;

const VERBS: Readonly<Record<string, Verb>> = {
  register: (db, { collections, prune }) => ({ collections: register(db, collections, prune) }),
  registered: (db) => ({ collections: registered(db) }),
  claim: (db, request) => ({ items: claim(db, request) }),
  apply: (db, { run, items }) => ({ items: apply(db, run, items) }),
  confirm: (db, { items }) => ({ items: confirm(db, items) }),
  fail: (db, { run, items }) => fail(db, run, items) ?? {},
  finish: (db, { run, ...options }) => finish(db, run, options),
  backfill,
  preview: (db, request) => ({ items: preview(db, request) }),
  signal: (db, { keys }) => signal(db, keys),
  held: (db, { halt }) => held(db, halt),
  resume,
  resolve: (db, request) => resolve(db, request),
  report: (db, { collection }) => report(db, collection),
  conflicts: (db, request) => ({ items: conflicts(db, request) }),
  log: (db, { after }) => ({ items: log(db, after) }),
};

export function createMemoryHub(db: Database): Hub {
  const client: RpcClient = {
    async rpc(name, { request }) {
      try {
        const { protocol } = request as { protocol: number };
        if (protocol !== PROTOCOL) throw new SqlError("FR001", `the caller speaks protocol ${protocol}`);
        const verb = VERBS[name.replace("frontrow_", "")];
        if (verb === undefined) throw new SqlError("PGRST202", `there is no function ${name}`);
        return { data: db.transaction(() => verb(db, request)), error: null };
      } catch (error) {
        // Any other error is a defect of the simulated database, and must not pass for a hub that is away.
        if (!(error instanceof SqlError)) throw db.defect(error);
        return { data: null, error: { message: error.message, code: error.code } };
      }
    },
  };
  return createPostgresHub(client, { identity: "memory" });
}
