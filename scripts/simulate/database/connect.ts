/** Everything a worker needs of a database in memory. */
import type { Hub } from "../../../shared/hub/hub.ts";
import type { Store } from "../../../shared/stores/store.ts";
import type { Database } from "./database.ts";
import { createMemoryHub } from "./memory-hub.ts";
import { createMemoryBucket } from "./memory-storage.ts";

export interface MemoryConnection {
  hub: Hub;
  bucket(name: string): Store<Uint8Array>;
}

export function connectMemory(db: Database): MemoryConnection {
  const stores = new Map<string, Store<Uint8Array>>();
  return {
    hub: createMemoryHub(db),
    bucket(name) {
      const store = stores.get(name) ?? createMemoryBucket(db, name);
      stores.set(name, store);
      return store;
    },
  };
}
