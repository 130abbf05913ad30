/** Where ids come from. An id is there before its file is. */
import { FrontrowError } from "../errors.ts";
import type { PeerHub } from "../hub/peer-hub.ts";
import { compileIdFormat } from "./id-format.ts";

export interface IdSource {
  /**
   * An id of this collection that nobody else has, or gets.
   * @throws {FrontrowError} `CONFIG_INVALID` when the collection has no ids, and what the place it asks throws.
   */
  next(collection: string): Promise<string>;
}

/** Asks the hub for each id. `reader` is whose requests they are; empty for programs. */
export function createHubIds(peer: Pick<PeerHub, "ids">, reader = ""): IdSource {
  return {
    async next(collection) {
      const request = crypto.randomUUID();
      const { format, first } = await onceMore(() => peer.ids({ request, reader, collection, count: 1 }));
      return compileIdFormat(format).write(first);
    },
  };
}

/** The answer may have been lost on its way: under the same request id it is the same one. */
async function onceMore<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof FrontrowError) || error.code !== "HUB_UNAVAILABLE") throw error;
    return await ask();
  }
}
