/** A configuration with every default filled in and every name checked: what the engine works with. */

import type { ZodObject } from "zod";
import { compileTemplate, type PathTemplate } from "../document/path.ts";
import { FrontrowError } from "../errors.ts";
import { compileIdFormat, type IdFormat } from "../ids/id-format.ts";
import { columnsOf } from "./column-problems.ts";
import type { Config } from "./define.ts";
import { templatesOf } from "./id-problems.ts";
import { namesOf } from "./names.ts";
import { type ResolvedPolicies, resolvePolicies } from "./policies.ts";
import { checkConfig } from "./problems.ts";

export interface ResolvedCollection {
  readonly name: string;
  readonly schema: string;
  readonly table: string;
  readonly bucket: string;
  readonly path: PathTemplate;
  /** In the order of the zod object. */
  readonly fields: readonly { readonly field: string; readonly column: string }[];
  /** Fields that stand in the body. */
  readonly lines: readonly string[];
  /** `null`: the body lives in the file and the hub only. */
  readonly body: string | null;
  readonly extra: string | null;
  readonly policies: ResolvedPolicies;
  /** `null`: whoever makes a document names it. */
  readonly ids: { readonly key: string; readonly format: IdFormat } | null;
  /** Name → file, from the configuration's folder; the first is the default. */
  readonly templates: Readonly<Record<string, string>>;
  readonly zod: ZodObject;
}

export interface ResolvedConfig {
  readonly collections: readonly ResolvedCollection[];
}

export const DEFAULT_BUCKET = "content";

/** @throws {FrontrowError} `CONFIG_INVALID`, with every problem in the message. */
export function resolveConfig(config: Config): ResolvedConfig {
  checkConfig(config, DEFAULT_BUCKET);
  const collections = config.collections.map((collection): ResolvedCollection => {
    const { schema, table } = namesOf(collection);
    const fields = columnsOf(collection);
    return {
      name: collection.name,
      schema,
      table,
      bucket: collection.bucket ?? config.bucket ?? DEFAULT_BUCKET,
      path: compileTemplate(collection.path),
      fields,
      lines: collection.lines ?? [],
      body: collection.body ?? null,
      extra: collection.extra ?? null,
      policies: resolvePolicies(
        collection.policies,
        fields.map(({ field }) => field),
      ),
      ids: collection.ids
        ? { key: collection.ids.key, format: compileIdFormat(collection.ids.format) }
        : null,
      templates: templatesOf(collection.templates),
      zod: collection.fields,
    };
  });
  return { collections };
}

/** @throws {FrontrowError} `NOT_FOUND`, naming the collections there are. */
export function collectionNamed(config: ResolvedConfig, name: string): ResolvedCollection {
  const found = config.collections.find((collection) => collection.name === name);
  if (found !== undefined) return found;
  const names = config.collections.map((collection) => `"${collection.name}"`).join(", ");
  throw new FrontrowError("NOT_FOUND", `Cannot find collection "${name}": there is ${names}`);
}

/**
 * The collection an object belongs to, or `null`; templates never overlap, so there is at most one. A path that is of
 * a template but badly spelled belongs to it too: its `parse` says what is wrong.
 */
export function collectionOf(
  config: ResolvedConfig,
  bucket: string,
  path: string,
): ResolvedCollection | null {
  const { collections } = config;
  return (
    collections.find((collection) => collection.bucket === bucket && collection.path.matches(path)) ?? null
  );
}
