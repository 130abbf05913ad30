/** What is scrubbed from the documents that leave for a store: as written in `frontrow.yaml`, and as worked with. */
import { createHmac } from "node:crypto";
import { z } from "zod";
import { FrontrowError } from "../errors.ts";
import { KNOWN_PATTERNS } from "./known-patterns.ts";
import { safePattern } from "./safe-pattern.ts";

const name = z.string().min(1).max(200);
/** One line, and nothing that ends a comment's or a value's line. */
const replacement = z
  .string()
  .regex(/^[^\r\n\u2028\u2029]{1,200}$/, "must be one line of 1 to 200 characters");

const rule = z
  .strictObject({
    field: name.optional(),
    action: z.enum(["drop", "replace", "hash"]).optional(),
    pattern: z.enum(["email", "phone", "secret"]).optional(),
    regex: z.string().min(1).max(500).optional(),
    in: z.array(name).min(1).optional(),
    with: replacement.optional(),
    collections: z.array(name).min(1).optional(),
  })
  .superRefine((one, context) => {
    const say = (message: string, path: string[] = []) => context.addIssue({ code: "custom", message, path });
    const kinds = [one.field, one.pattern, one.regex].filter((kind) => kind !== undefined).length;
    if (kinds !== 1) return say("must say one of field, pattern and regex");
    if (one.field === undefined) {
      if (one.action !== undefined) say("is for a field alone: what a pattern finds is replaced", ["action"]);
      const safe = one.regex === undefined ? "" : safePattern(one.regex);
      if (typeof safe === "string" && safe !== "") say(safe, ["regex"]);
      return;
    }
    if (one.action === undefined) say("must be drop, replace or hash", ["action"]);
    if (one.in !== undefined) say("is for patterns: a field is scrubbed as a whole", ["in"]);
    if (one.action === "replace" && one.with === undefined)
      say("must say what stands there instead", ["with"]);
    if (one.action !== "replace" && one.with !== undefined) say("is for replace alone", ["with"]);
  });

export const scrubSchema = z.strictObject({
  salt: z
    .string()
    .regex(/^[A-Za-z_]\w*$/, "must be the name of an environment variable that holds the salt")
    .optional(),
  rules: z.array(rule).min(1),
});

export type WrittenScrub = z.infer<typeof scrubSchema>;

interface AnyRule {
  /** By which it is counted: `field email`, `pattern phone`, `regex 2` (the second rule). */
  label: string;
  /** null: all of them. */
  collections: ReadonlySet<string> | null;
}

export interface FieldRule extends AnyRule {
  kind: "field";
  field: string;
  action: "drop" | "replace" | "hash";
  with: string;
}

export interface PatternRule extends AnyRule {
  kind: "pattern";
  pattern: RegExp;
  with: string;
  /** The fields it looks into, `body` for the body; null: everywhere, comments of the header too. */
  in: ReadonlySet<string> | null;
}

export interface Scrubbing {
  fields: readonly FieldRule[];
  patterns: readonly PatternRule[];
  /** What a hashed field says for this value. */
  hash(value: string): string;
  /** Another one for other rules and another salt, and only then. */
  fingerprint: string;
  written: WrittenScrub;
}

/** What a hashed field says. */
export const HASHED = /^scrubbed-[0-9a-f]{32}$/;
const SALT_LENGTH = 16;

/**
 * `salt` is the value of the variable that is named.
 * @throws {FrontrowError} `USAGE` when a field is hashed and the salt is missing or short.
 */
export function scrubbingOf(written: WrittenScrub, salt: string | undefined): Scrubbing {
  const isHashing = written.rules.some(({ action }) => action === "hash");
  if (isHashing && (salt === undefined || salt.length < SALT_LENGTH)) {
    const where = written.salt ?? "a variable that scrub.salt names";
    throw new FrontrowError("USAGE", `Cannot scrub, as a field is hashed and ${where} holds no salt.`, {
      rule: "no-salt",
      hint: `Set it to ${SALT_LENGTH} characters or more that nobody can guess, and keep them: another salt makes other hashes.`,
    });
  }
  const keyed = (text: string) =>
    createHmac("sha256", salt ?? "")
      .update(text)
      .digest("hex")
      .slice(0, 32);
  const fields: FieldRule[] = [];
  const patterns: PatternRule[] = [];
  written.rules.forEach((one, index) => {
    const collections = one.collections ? new Set(one.collections) : null;
    if (one.field !== undefined) {
      const label = `field ${one.field}`;
      const { field, action = "drop", with: instead = "" } = one;
      fields.push({ kind: "field", label, collections, field, action, with: instead });
      return;
    }
    const pattern = one.pattern ? KNOWN_PATTERNS[one.pattern] : safePattern(one.regex!);
    if (typeof pattern === "string")
      throw new FrontrowError("CONFIG_INVALID", `A scrub rule's regex ${pattern}.`);
    patterns.push({
      kind: "pattern",
      label: one.pattern ? `pattern ${one.pattern}` : `regex ${index + 1}`,
      collections,
      pattern,
      with: one.with ?? `[${one.pattern ?? "removed"}]`,
      in: one.in ? new Set(one.in) : null,
    });
  });
  const fingerprint = keyed(`rules ${JSON.stringify(written)}`).slice(0, 12);
  return { fields, patterns, hash: (value) => `scrubbed-${keyed(`value ${value}`)}`, fingerprint, written };
}

/** The rules for one collection; null when there are none. */
export function scrubbingFor(scrubbing: Scrubbing, collection: string): Scrubbing | null {
  const isFor = ({ collections }: AnyRule) => collections === null || collections.has(collection);
  const fields = scrubbing.fields.filter(isFor);
  const patterns = scrubbing.patterns.filter(isFor);
  return fields.length + patterns.length === 0 ? null : { ...scrubbing, fields, patterns };
}
