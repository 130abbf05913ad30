/** What zod found wrong with a settings file, in a person's words, each with its place. Never quotes a value. */
import type { z } from "zod";
import { closest } from "./closest.ts";
import type { SettingsProblem, YamlSource } from "./yaml-source.ts";

type Issue = z.core.$ZodIssue;

export function problemsIn(
  source: YamlSource,
  schema: z.ZodType,
  issues: readonly Issue[],
): SettingsProblem[] {
  return issues.flatMap((issue): SettingsProblem[] => {
    if (issue.code === "unrecognized_keys") {
      return issue.keys.map((key) => ({
        ...source.placeOfKey([...issue.path, key]),
        message: unknownKey(key, issue.path, keysAt(schema, issue.path)),
      }));
    }
    const where = issue.path.length === 0 ? "the file" : nameOf(issue.path);
    const isMissing = valueAt(source.value, issue.path) === undefined;
    const place = isMissing ? source.placeOfKey(issue.path) : source.placeOf(issue.path);
    return [{ ...place, message: `${where} ${isMissing ? "is missing: it " : ""}${mustBe(issue)}` }];
  });
}

function unknownKey(key: string, path: readonly PropertyKey[], known: readonly string[]): string {
  const of = path.length === 0 ? "" : ` of ${nameOf(path)}`;
  const meant = closest(key, known);
  const hint = meant === null ? `there is ${known.join(", ")}` : `did you mean ${meant}?`;
  return `"${key.slice(0, 40)}" is no setting${of}: ${hint}`;
}

const KINDS: Record<string, string> = {
  string: "a text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  array: "a list",
  object: "a map of settings",
};

function mustBe(issue: Issue): string {
  switch (issue.code) {
    case "invalid_type":
      return `must be ${KINDS[issue.expected] ?? issue.expected}`;
    case "invalid_value":
      return `must be ${issue.values.length > 1 ? "one of " : ""}${issue.values.map(String).join(", ")}`;
    case "too_small":
      return `must be at least ${issue.minimum}${issue.origin === "array" ? " long" : ""}`;
    case "too_big":
      return `must be at most ${issue.maximum}${issue.origin === "string" ? " characters" : ""}`;
    default:
      return issue.message;
  }
}

/** `stores.directory.syncPath`, `scrub.rules[2].field` */
function nameOf(path: readonly PropertyKey[]): string {
  return path
    .map((step, at) => (typeof step === "number" ? `[${step + 1}]` : `${at === 0 ? "" : "."}${String(step)}`))
    .join("");
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((at, step) => (at as Record<PropertyKey, unknown> | null)?.[step], value);
}

/** The settings there are in the map at `path`. */
function keysAt(schema: z.ZodType, path: readonly PropertyKey[]): string[] {
  let at: unknown = schema;
  for (const step of path) {
    const { shape, element } = inner(at);
    at = typeof step === "number" ? element : shape?.[String(step)];
  }
  return Object.keys(inner(at).shape ?? {});
}

/** Below defaults, optionals and the like. */
function inner(schema: unknown): { shape?: Record<string, unknown>; element?: unknown } {
  let at = schema as { shape?: Record<string, unknown>; element?: unknown; def?: Record<string, unknown> };
  for (;;) {
    const next = at?.def?.innerType ?? at?.def?.in;
    if (next === undefined) return at ?? {};
    at = next as typeof at;
  }
}
