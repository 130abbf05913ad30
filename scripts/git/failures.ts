/** What git's failures mean, in Frontrow's words. What git said is quoted without addresses' passwords. */
import { type FailureCode, FrontrowError } from "../../shared/errors.ts";
import type { Ran } from "./run.ts";

type Meaning = [says: RegExp, code: FailureCode, rule: string, hint: string];

/** The first that fits counts. */
const MEANINGS: readonly Meaning[] = [
  [
    /Authentication failed|could not read (?:Username|Password)|terminal prompts disabled|Permission denied \(|Host key verification failed|returned error: 40[13]|HTTP 40[13]/i,
    "UNAUTHORIZED",
    "remote-refused-us",
    "Give git a way in that asks nobody: a credential helper, an SSH key in the agent, a known host.",
  ],
  [
    /not a git repository \(or any|must be run in a work tree/i,
    "USAGE",
    "no-repository",
    'Make one with "git init", or name a folder of a repository.',
  ],
  [
    /dubious ownership|safe\.directory/i,
    "USAGE",
    "dubious-ownership",
    'The repository belongs to another user: "git config --global --add safe.directory <folder>" trusts it.',
  ],
  [
    /Could not resolve|unable to access|Could(?: not|n't) connect|Connection (?:refused|reset|timed out|closed)|timed out|Network is unreachable|No route to host|early EOF|hung up unexpectedly|Could not read from remote|does not appear to be a git repository|Temporary failure|RPC failed|returned error: (?:429|5\d\d)|unable to look up|No such remote/i,
    "STORE_UNAVAILABLE",
    "remote-unreachable",
    "It is tried again; nothing is lost meanwhile.",
  ],
  [
    /(?:index|HEAD|\.)lock'?: File exists|Unable to create '.*\.lock'|Another git process/i,
    "STORE_UNAVAILABLE",
    "locked",
    "Another git is at work in this repository; if none is, remove the lock file that git names.",
  ],
  [
    /cannot lock ref|reference already exists|but expected/i,
    "REPLICA_MOVED",
    "ref-moved",
    "Somebody else moved it at the same time: try again.",
  ],
  [/No space left|Disk quota/i, "STORE_UNAVAILABLE", "disk-full", "Make room."],
];

/** @param verb the subcommand that failed */
export function failureOf(verb: string, { code, stderr }: Ran, isLate = false): FrontrowError {
  if (isLate) {
    return new FrontrowError("STORE_UNAVAILABLE", `"git ${verb}" did not end in time, and was ended.`, {
      rule: "timeout",
      hint: "It is tried again; nothing is lost meanwhile.",
    });
  }
  const meaning = MEANINGS.find(([says]) => says.test(stderr));
  const [, failure, rule, hint] = meaning ?? [null, "STORE_UNAVAILABLE" as const, "git-failed", undefined];
  return new FrontrowError(failure, `"git ${verb}" failed (${code}): ${saidBy(stderr)}`, { rule, hint });
}

/** git itself could not be started. */
export function unusable(cause: unknown): FrontrowError {
  const { code } = (cause ?? {}) as { code?: string };
  const because = code === "ENOENT" ? "is not there, or its folder is not" : `cannot be started (${code})`;
  return new FrontrowError("USAGE", `git ${because}.`, {
    rule: "no-git",
    hint: "Install git 2.25 or newer.",
    cause,
  });
}

/** The line that says most, for people: one line, and no user or password of an address. */
export function saidBy(stderr: string): string {
  const lines = stderr.split("\n").filter((line) => line.trim() !== "" && !/^hint:/.test(line));
  const line =
    lines.find((one) => /^(?:fatal|error|remote: error):/.test(one)) ?? lines.at(-1) ?? "no reason";
  return line
    .replace(/\/\/[^/@\s]+@/g, "//")
    .replace(/[\p{Cc}\p{Cf}]/gu, "")
    .slice(0, 300);
}

/** A state of the repository that a person has to end first. */
export function inTheWay(rule: string, message: string, hint: string, path?: string): FrontrowError {
  return new FrontrowError("IN_THE_WAY", message, { rule, hint, ...(path === undefined ? {} : { path }) });
}
