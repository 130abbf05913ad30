/** What the project's own files and the environment say: `frontrow.yaml`, the config, the key, the salt. */
import type { ResolvedConfig } from "../../shared/collections/mod.ts";
import { type Address, addressOf } from "../cli/frame/address.ts";
import { loadConfig } from "../cli/frame/config.ts";
import { type FoundProjectFile, projectFileOf } from "../cli/frame/project-file.ts";
import { scrubbingOfProject } from "../cli/frame/scrubbing.ts";
import { plural } from "../cli/frame/text.ts";
import type { Call } from "../cli/frame/verb.ts";
import { type Finding, fail, failed, ok, skipped, warn } from "./finding.ts";

export interface Settings {
  findings: Finding[];
  /** Each null where it could not be found out. */
  project: FoundProjectFile | null;
  config: ResolvedConfig | null;
  address: Address | null;
}

export async function checkSettings(call: Call): Promise<Settings> {
  const found: Settings = { findings: [], project: null, config: null, address: null };
  const { findings } = found;
  try {
    found.project = await projectFileOf(call);
    findings.push(projectFinding(found.project));
  } catch (error) {
    findings.push(failed("frontrow.yaml", error, "Mend the file."));
    for (const check of ["config", "address and key"])
      findings.push(skipped(check, "frontrow.yaml cannot be read"));
    return found;
  }
  try {
    found.config = await loadConfig(call);
    findings.push(configFinding(found.config, found.project));
  } catch (error) {
    findings.push(failed("config", error, "Mend the config, or name another with --config."));
  }
  try {
    found.address = await addressOf(call);
    findings.push(keyFinding(found.address));
  } catch (error) {
    // Straight to the database there is no key, and need not be a URL.
    const direct = call.shared.dbUrl ?? call.io.environment.SUPABASE_DB_URL;
    findings.push(
      direct
        ? warn(
            "address and key",
            "only the database is known",
            "Set SUPABASE_URL and its key to reach files.",
          )
        : failed("address and key", error, "Set SUPABASE_URL and SUPABASE_SECRET_KEY."),
    );
  }
  if (found.project?.directory.scrub) {
    try {
      await scrubbingOfProject(call);
      findings.push(ok("scrubbing", plural(found.project.directory.scrub.rules.length, "rule")));
    } catch (error) {
      findings.push(failed("scrubbing", error, "Mend the rules in frontrow.yaml."));
    }
  }
  return found;
}

function projectFinding(project: FoundProjectFile | null): Finding {
  if (project === null) return ok("frontrow.yaml", "there is none, and none is needed");
  const { warnings, shown } = project;
  if (warnings.length === 0) return ok("frontrow.yaml", shown);
  return warn("frontrow.yaml", warnings.join(" "), "Change what is deprecated before it goes.");
}

function configFinding({ collections }: ResolvedConfig, project: FoundProjectFile | null): Finding {
  const names = collections.map(({ name }) => name);
  const unknown = project?.directory.entityTypes?.filter((name) => !names.includes(name)) ?? [];
  if (unknown.length === 0) return ok("config", `${plural(names.length, "collection")}: ${names.join(", ")}`);
  return fail(
    "config",
    `entityTypes names ${unknown.join(", ")}, and there is ${names.join(", ")}`,
    "Mend stores.directory.entityTypes in frontrow.yaml.",
  );
}

function keyFinding({ url, key }: Address): Finding {
  if (!key.startsWith("sb_publishable_")) return ok("address and key", `${url}, with a key`);
  return fail(
    "address and key",
    `${url}, with a publishable key: it may do nothing here`,
    "Set the project's secret key (sb_secret_…).",
  );
}
