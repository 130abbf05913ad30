/** Everything a worker needs of a Supabase project, from its URL and one secret key. */
import { createClient, type SupabaseClient } from "@supabase/supabase-js";
import type { BulkHub } from "../hub/bulk-hub.ts";
import type { HistoryHub } from "../hub/history-hub.ts";
import type { Hub } from "../hub/hub.ts";
import type { PeerHub } from "../hub/peer-hub.ts";
import {
  createBulkHub,
  createHistoryHub,
  createPeerHub,
  createPostgresHub,
  type RpcClient,
} from "../hub/postgres-hub.ts";
import { projectIdentity } from "../hub/project-identity.ts";
import { createBucketStore, type StorageClient } from "../stores/bucket-store.ts";
import type { Store } from "../stores/store.ts";

export interface Connection {
  client: SupabaseClient;
  hub: Hub;
  history: HistoryHub;
  bulk: BulkHub;
  peer: PeerHub;
  /** The same for somebody else. */
  as(caller: string | undefined): Pick<Connection, "hub" | "peer">;
  bucket(name: string): Store<Uint8Array>;
}

/** Milliseconds until a request that nobody answers is given up; the Data API itself stops at 60 s. */
const PATIENCE = 65_000;

/**
 * Opens nothing by itself: requests are plain HTTP. The key must be a secret key. `caller` is the person it is done for,
 * as history and audit will name them. `identity` says which project this is where its URL does not: self-hosted functions
 * reach it as `kong`, people by its host.
 * @throws {TypeError} when the URL is none.
 */
export function connect(project: {
  url: string;
  key: string;
  identity?: string | undefined;
  caller?: string | undefined;
}): Connection {
  const { url, key, caller, identity = projectIdentity(url) } = project;
  const client = createClient(url, key, {
    auth: { persistSession: false, autoRefreshToken: false },
    global: {
      fetch: (input, init) =>
        fetch(input, { ...init, signal: init?.signal ?? AbortSignal.timeout(PATIENCE) }),
    },
  });
  const who = { identity, caller };
  const stores = new Map<string, Store<Uint8Array>>();
  return {
    client,
    hub: createPostgresHub(client as unknown as RpcClient, who),
    history: createHistoryHub(client as unknown as RpcClient, who),
    bulk: createBulkHub(client as unknown as RpcClient, who),
    peer: createPeerHub(client as unknown as RpcClient, who),
    as(name) {
      const other = { identity, caller: name };
      return {
        hub: createPostgresHub(client as unknown as RpcClient, other),
        peer: createPeerHub(client as unknown as RpcClient, other),
      };
    },
    bucket(name) {
      const known = stores.get(name);
      if (known) return known;
      const store = createBucketStore({
        storage: client.storage as unknown as StorageClient,
        url,
        key,
        bucket: name,
      });
      stores.set(name, store);
      return store;
    },
  };
}
