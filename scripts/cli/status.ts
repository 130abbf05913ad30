/** `frontrow status`: how things stand. Needs no config. */
import { FrontrowError } from "../../shared/errors.ts";
import type { Report } from "../../shared/hub/hub.ts";
import { pause } from "../../shared/sync/pause.ts";
import { refuseFilter } from "./frame/clone-only.ts";
import { countsText } from "./frame/outcomes.ts";
import { exitOf, reportOf, sayState, stateOf } from "./frame/state.ts";
import { ago, aligned } from "./frame/text.ts";
import type { Answer, Call, Verb } from "./frame/verb.ts";

const EVERY = 2000;

export const status: Verb = {
  name: "status",
  summary: "how many documents there are, and what is not in sync and why",
  examples: ["frontrow status", "frontrow status --collection parts --json"],
  takesFilter: true,
  define(command) {
    command
      .option("--watch", "show it again every two seconds until interrupted")
      .option("--fetch", "in a clone: ask the origin first what is new there");
  },
  inClone: async (call, ground) => (await import("./clone/status.ts")).statusIn(call, ground),
  async run(call) {
    refuseFilter(call);
    const { options, out, io } = call;
    if (options.watch === true && out.isJson) {
      throw new FrontrowError("USAGE", "--watch and --json do not go together: --json prints one object.");
    }
    const { openProject } = await import("./frame/engine.ts");
    const { hub, shownUrl } = await openProject(call);
    const look = async (): Promise<Answer> =>
      show(await reportOf(hub, call.shared.collection), shownUrl, call);
    if (options.watch !== true) return await look();
    const signal = io.interruption();
    for (;;) {
      if (io.isTerminal) io.stdout("\x1b[2J\x1b[H");
      const answer = await look();
      await pause(EVERY, signal);
      if (signal.aborted) return answer;
    }
  },
};

function show(report: Report, url: string, call: Call): Answer {
  const { out } = call;
  out.say(out.paint.dim(url));
  if (report.collections.length > 0) {
    out.say();
    for (const line of table(report)) out.say(line);
    out.say();
    for (const line of aligned(engine(report))) out.say(line);
    out.say();
  }
  sayState(report, call);
  const state = stateOf(report);
  return { code: exitOf(state), json: asJson(report, url) };
}

/** Counts under the names that every verb gives them; the lists beside them. */
function asJson(report: Report, url: string): object {
  const { collections, quarantine, conflicts, halts, doorbell, state, running, last24Hours } = report;
  return {
    url,
    ...stateOf(report),
    collections,
    quarantine,
    open_conflicts: conflicts,
    open_halts: halts,
    doorbell,
    running,
    state,
    last_24_hours: last24Hours,
  };
}

function table({ collections }: Report): string[] {
  const head = [
    "collection",
    "documents",
    "rows",
    "objects",
    "pending",
    "in flight",
    "quarantined",
    "conflicts",
    "halts",
    "ignored",
  ];
  const rows = collections.map((one) => [
    one.collection,
    String(one.documents),
    one.rows === null ? "no table" : String(one.rows),
    String(one.objects),
    one.oldest_pending_at === null ? String(one.pending) : `${one.pending} (${ago(one.oldest_pending_at)})`,
    String(one.in_flight),
    String(one.quarantined),
    String(one.conflicts),
    String(one.halts),
    String(one.ignored),
  ]);
  return aligned([head, ...rows], head.map((_, column) => column).slice(1));
}

const DOORBELLS: Record<Report["doorbell"], string> = {
  ready: "ready",
  "no secret": "not set up (no secret in the vault): changes wait for the next sweep or sync",
  "no pg_net": "not there (no pg_net): changes wait for the next sweep or sync",
};

function engine({ doorbell, state, last24Hours, running }: Report): string[][] {
  const run = state.last_run as
    | { cause: string; started_at: string; counts: Record<string, number>; error: string | null }
    | undefined;
  const sweep = state.sweep;
  const ran = run && `${ago(run.started_at)} by ${run.cause}: ${run.error ?? countsText(run.counts)}`;
  const { runs, failed } = last24Hours;
  return [
    ["doorbell", DOORBELLS[doorbell]],
    ["worker", running ? "running" : "idle"],
    ["last run", ran ?? "never"],
    ["last sweep", typeof sweep === "string" ? ago(sweep) : "never"],
    ["24 hours", `${runs} ${runs === 1 ? "run" : "runs"}${failed > 0 ? `, ${failed} failed` : ""}`],
    ...(state.fence === "inactive"
      ? [["fence", "INACTIVE: Storage does not deliver the x-frontrow-intent header"]]
      : []),
  ];
}
