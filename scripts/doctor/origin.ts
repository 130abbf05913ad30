/** The project as it answers over the network: there at all, its clock, the key, the hub, what is registered. */
import type { ResolvedConfig } from "../../shared/collections/mod.ts";
import { FrontrowError } from "../../shared/errors.ts";
import type { Report } from "../../shared/hub/hub.ts";
import { bind } from "../../shared/sync/binding.ts";
import { isPersons } from "../cli/clone/ground.ts";
import { addressOf } from "../cli/frame/address.ts";
import { type Project, projectOf } from "../cli/frame/connection.ts";
import { stateOf } from "../cli/frame/state.ts";
import { ago, plural, span } from "../cli/frame/text.ts";
import type { Call } from "../cli/frame/verb.ts";
import { type Finding, fail, failed, ok, skipped, warn } from "./finding.ts";

/** Milliseconds to wait for a first answer. */
const PATIENCE = 10_000;
/** Milliseconds that clocks may differ before anybody is told. */
const SKEW = 30_000;
/** Milliseconds without a sweep that are too many; one comes every 30 s. */
const QUIET = 300_000;

/** Whether anything answers there, and how far its clock is from ours. */
export async function checkReach(url: string): Promise<Finding[]> {
  const started = Date.now();
  let answer: Response;
  try {
    answer = await fetch(url, { method: "HEAD", redirect: "manual", signal: AbortSignal.timeout(PATIENCE) });
  } catch (error) {
    const { cause, message } = error as Error;
    const why = (cause as { code?: string } | undefined)?.code ?? message;
    const hint = "Is the network up, the URL right, and the project not paused?";
    return [
      fail("origin", `${url} does not answer (${why})`, hint),
      skipped("clock", "the origin does not answer"),
    ];
  }
  const took = Date.now() - started;
  return [
    ok("origin", `answers in ${took} ms`),
    clockFinding(answer.headers.get("date"), started + took / 2),
  ];
}

/** `date` is the header: whole seconds. `now` in milliseconds. */
export function clockFinding(date: string | null, now: number): Finding {
  const theirs = Date.parse(date ?? "");
  if (Number.isNaN(theirs)) return skipped("clock", "the origin does not say its time");
  const skew = now - (theirs + 500);
  if (Math.abs(skew) < SKEW) return ok("clock", "as the origin's");
  return warn(
    "clock",
    `${span(Math.abs(skew))} ${skew > 0 ? "ahead of" : "behind"} the origin's`,
    "Set this machine's clock: no sync depends on it, but dates in lists and tokens do.",
  );
}

export async function checkHub(call: Call, config: ResolvedConfig | null): Promise<Finding[]> {
  const address = await addressOf(call).catch(() => null);
  // The database answers programs alone; people ask through the API.
  if (address !== null && isPersons(address.key)) return [skipped("hub", "the key is a person's")];
  let project: Project;
  let report: Report;
  try {
    project = await projectOf(call, undefined);
    report = await project.hub.report();
  } catch (error) {
    return [hubFailure(error), skipped("registration", "the hub does not answer")];
  }
  return [
    ok("hub", "accepts the key, and speaks this protocol"),
    config === null
      ? skipped("registration", "the config cannot be read")
      : await registration(project, config),
    ...(config === null ? [] : await bucketFindings(project, config)),
    doorbellFinding(report.doorbell),
    sweepFinding(report.state.sweep, Date.now()),
    ...(report.state.fence === "inactive" ? [FENCE] : []),
    attentionFinding(report, call.io.program),
  ];
}

const FENCE = warn(
  "fence",
  "Storage does not deliver the header x-frontrow-intent",
  "Uploads are checked after they land instead of before: update Storage, or the proxy before it.",
);

function hubFailure(error: unknown): Finding {
  const code = error instanceof FrontrowError ? error.code : "";
  if (code === "PROTOCOL_MISMATCH") {
    return failed("hub", error, "Apply this version's migrations, or use the version that the database has.");
  }
  if (code === "UNAUTHORIZED") return failed("hub", error, "Set the project's secret key (sb_secret_…).");
  return failed("hub", error, "Is the database up? Its own log says why it does not answer.");
}

async function registration({ hub }: Project, config: ResolvedConfig): Promise<Finding> {
  try {
    const bindings = await bind(config, await hub.registered());
    return ok("registration", `${plural(bindings.size, "collection")}, as the config has them`);
  } catch (error) {
    return failed("registration", error, "Type: frontrow register");
  }
}

/** One for each bucket; none where only the database is known. */
async function bucketFindings(project: Project, { collections }: ResolvedConfig): Promise<Finding[]> {
  const names = [...new Set(collections.map(({ bucket }) => bucket))];
  let storage: Awaited<ReturnType<Project["client"]>>["storage"];
  try {
    ({ storage } = await project.client());
  } catch {
    return [];
  }
  return await Promise.all(
    names.map(async (name) => {
      const { data, error } = await storage.getBucket(name);
      if (data?.public) {
        const hint = "Make it private, unless all of it is meant for everybody.";
        return warn(`bucket ${name}`, "is public: whoever knows a name reads the file", hint);
      }
      if (data) return ok(`bucket ${name}`, "is there, and private");
      const isAbsent = "statusCode" in error && String(error.statusCode) === "404";
      return isAbsent
        ? warn(
            `bucket ${name}`,
            "is not there",
            "The first import makes it; or make a private one by that name.",
          )
        : fail(`bucket ${name}`, error.message, "Is Storage up, and the key a secret one?");
    }),
  );
}

function doorbellFinding(doorbell: Report["doorbell"]): Finding {
  if (doorbell === "ready") return ok("doorbell", "a change wakes a worker");
  const missing = doorbell === "no pg_net" ? "pg_net is not installed" : "the vault has no secret for it";
  return warn(
    "doorbell",
    `${missing}: changes wait for the next sweep or sync`,
    doorbell === "no pg_net"
      ? "Enable the extension pg_net."
      : "Put the functions' URL and key into the vault.",
  );
}

/** `sweep` is when pg_cron last swept; anything else: never. */
export function sweepFinding(sweep: unknown, now: number): Finding {
  const hint = "Enable the extension pg_cron, and apply the migrations again: they schedule the sweep.";
  if (typeof sweep !== "string")
    return warn("sweep", "never yet: what no signal tells waits for a sync", hint);
  if (now - Date.parse(sweep) < QUIET) return ok("sweep", ago(sweep));
  return warn("sweep", `${ago(sweep)}, and should be every 30 s`, hint);
}

function attentionFinding(report: Report, program: string): Finding {
  const { quarantined, conflicts, halts } = stateOf(report);
  const waiting = [
    [quarantined, "document in quarantine", "documents in quarantine"],
    [conflicts, "conflict", "conflicts"],
    [halts, "halt", "halts"],
  ] as const;
  const said = waiting
    .filter(([count]) => count > 0)
    .map(([count, one, many]) => `${count} ${count === 1 ? one : many}`);
  return said.length === 0
    ? ok("attention", "nothing waits for a person")
    : warn("attention", said.join(", "), `Type: ${program} status`);
}
