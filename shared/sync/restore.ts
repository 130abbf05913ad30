/** An old revision made the newest, if it still is a document of its collection as configured now. */
import { encode } from "../document/mod.ts";
import type { HistoryHub, Restored, RestoreRequest } from "../hub/history-hub.ts";
import { type Binding, readFile } from "./binding.ts";

/**
 * Restores in the hub; the next pass brings the text to both sides.
 * @throws {FrontrowError} what `HistoryHub.restore` throws, and any 422 code when the old text does not fit the
 * collection any more (another schema, say): nothing is changed then.
 */
export async function restoreRevision(
  history: HistoryHub,
  binding: Binding,
  request: RestoreRequest,
): Promise<Restored> {
  const { collection, path, revision } = request;
  const { text } = await history.revision({ collection, path, revision });
  if (text !== null) readFile(binding, path, encode(text));
  return await history.restore(request);
}
