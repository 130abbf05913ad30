/** The project that the team works on. */
import team from "../../../examples/team-cache/config.ts";
import { type ResolvedConfig, resolveConfig } from "../../../shared/collections/mod.ts";

export async function loadTeamConfig(): Promise<ResolvedConfig> {
  return await resolveConfig(team);
}
