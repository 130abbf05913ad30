/** The project that the team works on. */
import garden from "../../../examples/garden/config.ts";
import { type ResolvedConfig, resolveConfig } from "../../../shared/collections/mod.ts";

export async function loadTeamConfig(): Promise<ResolvedConfig> {
  return await resolveConfig(garden);
}
