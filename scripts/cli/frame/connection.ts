/** The project of a call: over the Data API, or with `--db-url` straight to the database. */
import { FrontrowError } from "../../../shared/errors.ts";
import {
  createBulkHub,
  createHistoryHub,
  createPeerHub,
  createPostgresHub,
} from "../../../shared/hub/postgres-hub.ts";
import { projectIdentity } from "../../../shared/hub/project-identity.ts";
import type { Store } from "../../../shared/stores/store.ts";
import type { Connection } from "../../../shared/sync/connect.ts";
import { type Address, addressOf } from "./address.ts";
import type { Call } from "./verb.ts";

export interface Project extends Omit<Connection, "client"> {
  /** supabase-js. @throws {FrontrowError} `USAGE` when the project's URL or key is not known. */
  client(): Promise<Connection["client"]>;
  /** What people are shown: the project's URL, or the database's host. */
  shownUrl: string;
  /** The project, as the database knows it. */
  identity: string;
}

/**
 * `caller`: the person it is done for.
 * @throws {FrontrowError} `USAGE` when no project is named, `HUB_UNAVAILABLE` when the database does not answer.
 */
export async function projectOf(call: Call, caller: string | undefined): Promise<Project> {
  const databaseUrl = databaseUrlOf(call);
  const named = call.io.environment.FRONTROW_PROJECT || undefined;
  const open = async (address: Address): Promise<Connection> => {
    const { connect } = await import("../../../shared/sync/connect.ts");
    return connect({ ...address, identity: named, caller });
  };
  if (databaseUrl === undefined) {
    const address = await addressOf(call);
    const { client, ...connection } = await open(address);
    const identity = named ?? projectIdentity(address.url);
    return { ...connection, client: () => Promise.resolve(client), shownUrl: address.url, identity };
  }
  const { openDirect } = await import("./direct.ts");
  const direct = openDirect(databaseUrl);
  call.atEnd(() => direct.close());
  // Storage has no part in some verbs: it is missed when it is needed, and loaded then.
  const address = await addressOf(call).catch((error: unknown) => missing(error));
  const identity =
    named ?? ("url" in address ? projectIdentity(address.url) : undefined) ?? (await direct.identity());
  const who = { identity: identity ?? "local", caller };
  let storage: Promise<Connection> | undefined;
  const storageOf = async (): Promise<Connection> => {
    if ("error" in address) throw address.error;
    storage ??= open(address);
    return await storage;
  };
  return {
    client: async () => (await storageOf()).client,
    hub: createPostgresHub(direct.client, who),
    history: createHistoryHub(direct.client, who),
    bulk: createBulkHub(direct.client, who),
    peer: createPeerHub(direct.client, who),
    as(name) {
      const other = { ...who, caller: name };
      return { hub: createPostgresHub(direct.client, other), peer: createPeerHub(direct.client, other) };
    },
    bucket(name) {
      if ("error" in address) throw address.error;
      return lateStore(`bucket ${name}`, async () => (await storageOf()).bucket(name));
    },
    shownUrl: new URL(databaseUrl).host,
    identity: who.identity,
  };
}

/** A store that is opened by its first use. */
function lateStore(name: string, open: () => Promise<Store<Uint8Array>>): Store<Uint8Array> {
  return {
    name,
    read: async (...what) => await (await open()).read(...what),
    write: async (...what) => await (await open()).write(...what),
    remove: async (...what) => await (await open()).remove(...what),
  };
}

function missing(error: unknown): { error: FrontrowError } {
  if (error instanceof FrontrowError && error.rule === "no-project") return { error };
  throw error;
}

/** Said, or from the environment where the project is as well: a URL that was typed is not mixed with it. */
function databaseUrlOf({ io, shared, out }: Call): string | undefined {
  const isTyped = shared.url !== undefined || shared.key !== undefined;
  const url = shared.dbUrl ?? (isTyped ? undefined : io.environment.SUPABASE_DB_URL || undefined);
  if (url === undefined) return undefined;
  out.hide(url);
  if (URL.canParse(url) && new URL(url).password !== "") out.hide(new URL(url).password);
  return url;
}
