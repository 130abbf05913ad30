/** Everything a configuration may get wrong, found before anything is touched, and all of it at once. */

import { z } from "zod";
import { compileTemplate, type PathTemplate } from "../document/path.ts";
import { overlaps } from "../document/path-overlap.ts";
import { FrontrowError } from "../errors.ts";
import { columnProblems } from "./column-problems.ts";
import type { Collection, Config } from "./define.ts";
import { idProblems, templateProblems } from "./id-problems.ts";
import { namesOf } from "./names.ts";
import { policiesSchema } from "./policies.ts";

export interface Problem {
  rule: string;
  message: string;
}

const bucketName = z
  .string()
  .regex(
    /^[A-Za-z0-9_!.*'() &$=@;:+,?-]{1,100}$/,
    "a bucket name must be one Storage takes, without slashes",
  );

const shape = z.strictObject({
  name: z.string(),
  table: z.string(),
  bucket: bucketName.optional(),
  path: z.string(),
  fields: z.custom(isZodObject, "fields must be a zod object: z.object({ … })"),
  columns: z.record(z.string(), z.string().optional()).optional(),
  lines: z.array(z.string()).optional(),
  body: z.string().optional(),
  extra: z.string().optional(),
  policies: policiesSchema.optional(),
  ids: z.strictObject({ key: z.string(), format: z.string() }).optional(),
  templates: z.union([z.string(), z.record(z.string(), z.string())]).optional(),
  allowSensitive: z.array(z.string()).optional(),
});

const configShape = z.strictObject({
  bucket: bucketName.optional(),
  collections: z.array(z.unknown()).min(1, "a configuration must have a collection"),
});

/** Every zod since 4 says what it is in `_zod.def`; which copy of zod made it does not matter. */
function isZodObject(value: unknown): boolean {
  const { _zod } = (value ?? {}) as { _zod?: { def?: { type?: unknown } } };
  return _zod?.def?.type === "object";
}

/**
 * Checks a configuration, the way it was written or loaded.
 * @throws {FrontrowError} `CONFIG_INVALID` with every problem in the message; its rule is the first one's.
 */
export function checkConfig(config: Config, defaultBucket: string): void {
  const problems = shapeProblems(configShape, config, "the configuration");
  if (problems.length === 0) {
    const collections = config.collections;
    const sound = collections.filter((collection, index) => {
      const label = typeof collection?.name === "string" ? `"${collection.name}"` : `number ${index + 1}`;
      const found = shapeProblems(shape, collection, `collection ${label}`);
      problems.push(...found);
      return found.length === 0;
    });
    for (const collection of sound) problems.push(...collectionProblems(collection));
    problems.push(...pairProblems(sound, config.bucket ?? defaultBucket));
  }
  if (problems.length > 0) throw configInvalid(problems);
}

function configInvalid(problems: readonly Problem[]): FrontrowError {
  const message =
    problems.length === 1
      ? `Cannot use the configuration: ${problems[0]!.message}`
      : `Cannot use the configuration, as ${problems.length} things are wrong:\n${problems.map(({ message }) => `- ${message}`).join("\n")}`;
  return new FrontrowError("CONFIG_INVALID", message, { rule: problems[0]!.rule });
}

function shapeProblems(schema: z.ZodType, given: unknown, label: string): Problem[] {
  const { error } = schema.safeParse(given);
  return (error?.issues ?? []).map((issue) => {
    const where = issue.path.length === 0 ? "" : ` ${issue.path.join(".")}:`;
    return { rule: "shape", message: `${label}:${where} ${issue.message}` };
  });
}

function collectionProblems(collection: Collection): Problem[] {
  const problems: Problem[] = [];
  const say = (rule: string, message: string) =>
    problems.push({ rule, message: `collection "${collection.name}": ${message}` });

  if (!/^[a-z][a-z0-9_]{0,39}$/.test(collection.name)) {
    say("name", "its name must be lower case letters, digits and _, beginning with a letter, at most 40");
  }
  if (RESERVED_NAMES.has(collection.name))
    say("reserved-name", "its name is one that Frontrow keeps for itself");
  for (const message of namesOf(collection).problems) say("table", message);
  const template = templateOf(collection);
  if (template instanceof FrontrowError) say("path-template", template.message);
  const sentinel = collection.policies?.valve?.sentinel;
  if (sentinel !== undefined && !(template instanceof FrontrowError) && !template.matches(sentinel)) {
    say(
      "sentinel",
      `its sentinel "${sentinel}" is no path of "${template.template}": no file could be there`,
    );
  }
  const found = [
    ...columnProblems(collection, template),
    ...idProblems(collection, template),
    ...templateProblems(collection),
  ];
  for (const { rule, message } of found) say(rule, message);
  return problems;
}

/** `all` is every collection on the command line and over HTTP. */
const RESERVED_NAMES = new Set(["all", "none", "frontrow", "health", "status"]);

function pairProblems(collections: readonly Collection[], bucket: string): Problem[] {
  const problems: Problem[] = [];
  collections.forEach((one, index) => {
    for (const other of collections.slice(0, index)) {
      if (one.name === other.name) {
        problems.push({ rule: "duplicate-name", message: `two collections are called "${one.name}"` });
      }
      const pair = `collections "${other.name}" and "${one.name}"`;
      const [a, b] = [namesOf(one), namesOf(other)];
      if (a.schema === b.schema && a.table === b.table) {
        const message = `${pair} are both over ${a.schema}.${a.table}: a row would have two files`;
        problems.push({ rule: "duplicate-table", message });
      }
      const [left, right] = [templateOf(one), templateOf(other)];
      if (left instanceof FrontrowError || right instanceof FrontrowError) continue;
      if ((one.bucket ?? bucket) === (other.bucket ?? bucket) && overlaps(left, right)) {
        const message = `${pair} could both own one file: "${right.template}" and "${left.template}" overlap`;
        problems.push({ rule: "overlapping-templates", message });
      }
    }
  });
  return problems;
}

function templateOf(collection: Collection): PathTemplate | FrontrowError {
  try {
    return compileTemplate(collection.path);
  } catch (error) {
    if (error instanceof FrontrowError) return error;
    throw error;
  }
}
