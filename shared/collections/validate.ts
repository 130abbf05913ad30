/** Checks a document's fields against the collection's zod object. Nothing is changed by it, and no content is told. */

import type { ZodType, z } from "zod";
import type { Mapping } from "../document/mapping.ts";
import { toJs } from "../document/to-js.ts";
import type { Fields } from "../document/value.ts";
import { FrontrowError } from "../errors.ts";
import type { ResolvedCollection } from "./resolve.ts";

export interface FieldIssue {
  /** `null` when the issue is about the document as a whole. */
  readonly field: string | null;
  readonly line: number | undefined;
  /** zod's code, kebab-case: `invalid-type`, `too-small`, `custom` … */
  readonly rule: string;
  /** What the schema wants, one sentence. */
  readonly hint: string;
}

/**
 * The issues of a document, in the order of the schema; none when it is valid. Values are by column.
 *
 * zod sees numbers as numbers when a double holds them exactly (else their digits), booleans, lists, plain JSON, and
 * dates as strings. Absent and null are both "nothing": each is shown as whichever of the two the field takes.
 */
export function issuesOf(
  collection: ResolvedCollection,
  mapping: Mapping,
  values: Fields,
  lineOf: (field: string) => number | undefined = () => undefined,
): FieldIssue[] {
  const shown: Record<string, unknown> = {};
  for (const { field, column, type } of mapping.fields) {
    const value = values[column];
    const schema = collection.zod.shape[field] as ZodType | undefined;
    if (value !== undefined && value !== null) shown[field] = toJs(type, value);
    else if (schema !== undefined) shown[field] = nothingFor(schema, value, collection);
  }
  const { error } = run(collection.zod, shown, collection);
  return (error?.issues ?? []).map((issue) => {
    const [first] = issue.path;
    const field = typeof first === "string" ? first : null;
    const line = field === null ? undefined : lineOf(field);
    return { field, line, rule: issue.code.replaceAll("_", "-"), hint: hintOf(issue, field && shown[field]) };
  });
}

/**
 * @throws {FrontrowError} `SCHEMA_VIOLATION` for the first issue; `issues` (on the error's `cause`) are all of them.
 */
export function validateFields(
  collection: ResolvedCollection,
  mapping: Mapping,
  values: Fields,
  lineOf?: (field: string) => number | undefined,
): void {
  const issues = issuesOf(collection, mapping, values, lineOf);
  const [first] = issues;
  if (first === undefined) return;
  const what = first.field === null ? "its fields" : `its field "${first.field}"`;
  const more = issues.length === 1 ? "" : ` (and ${issues.length - 1} more)`;
  throw new FrontrowError(
    "SCHEMA_VIOLATION",
    `Cannot use the document, as ${what} must fit the schema${more}`,
    {
      line: first.line,
      rule: first.rule,
      hint: first.hint,
      cause: { issues },
    },
  );
}

function nothingFor(
  schema: ZodType,
  value: null | undefined,
  collection: ResolvedCollection,
): null | undefined {
  const other = value === null ? undefined : null;
  if (run(schema, value, collection).success) return value;
  return run(schema, other, collection).success ? other : undefined;
}

/** A schema that throws is a mistake in the configuration; what it threw may hold content, so it is not told. */
function run(schema: ZodType, value: unknown, { name }: ResolvedCollection): z.ZodSafeParseResult<unknown> {
  try {
    return schema.safeParse(value);
  } catch {
    const because = "the schema of its fields must be synchronous and must not throw";
    throw new FrontrowError("CONFIG_INVALID", `Cannot use collection "${name}", as ${because}`, {
      rule: "schema",
    });
  }
}

/** zod's own messages may quote the value, so what is said is made from what the schema wants. */
function hintOf(issue: z.core.$ZodIssue, value: unknown): string {
  switch (issue.code) {
    case "invalid_type":
      return value === undefined || value === null
        ? `It is required: ${issue.expected}.`
        : `It must be ${issue.expected}.`;
    case "invalid_value":
      return `It must be one of ${issue.values.map((allowed) => JSON.stringify(String(allowed))).join(", ")}.`;
    case "too_small":
      return `It must be ${issue.inclusive ? "at least" : "more than"} ${issue.minimum} (${issue.origin}).`;
    case "too_big":
      return `It must be ${issue.inclusive ? "at most" : "less than"} ${issue.maximum} (${issue.origin}).`;
    case "invalid_format":
      return `It must be in the format ${issue.format}.`;
    case "not_multiple_of":
      return `It must be a multiple of ${issue.divisor}.`;
    case "custom":
      return quotes(issue.message, value) ? "It must pass the schema's own check." : issue.message;
    default:
      return "It must be one of the kinds the schema allows.";
  }
}

/** Whether a message of the schema's author holds the value it is about. */
function quotes(message: string, value: unknown): boolean {
  if (Array.isArray(value)) return value.some((item) => quotes(message, item));
  if (typeof value === "object" && value !== null) return true;
  return value !== undefined && value !== null && value !== "" && message.includes(String(value));
}
