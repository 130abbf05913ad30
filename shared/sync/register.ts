/** Registers a config and binds to it. */
import { type ResolvedConfig, registrationOf } from "../collections/mod.ts";
import type { Hub } from "../hub/hub.ts";
import { type Binding, bind } from "./binding.ts";

/**
 * Installs the config's collections and their triggers, and forgets collections it no longer has.
 * @throws {FrontrowError} `CONFIG_INVALID` or `COLUMN_UNSUPPORTED` when the tables do not fit; nothing is changed then.
 */
export async function register(
  hub: Hub,
  config: ResolvedConfig,
  options?: { adopt?: boolean },
): Promise<Map<string, Binding>> {
  const registrations = await Promise.all(config.collections.map(registrationOf));
  return await bind(config, await hub.register(registrations, true, options));
}
