/** Collections: what a project declares in `frontrow.config.ts`, and what the engine makes of it. */

export { type ColumnFacts, type Columns, columnsFrom, type KeyColumn } from "./columns.ts";
export {
  type Collection,
  type CollectionOptions,
  type Config,
  defineCollection,
  defineConfig,
  type FieldsOf,
} from "./define.ts";
export { checkIdentity, keyOf } from "./identity.ts";
export type { Policies, ResolvedPolicies } from "./policies.ts";
export { type Registration, registrationOf } from "./registration.ts";
export {
  collectionNamed,
  collectionOf,
  DEFAULT_BUCKET,
  type ResolvedCollection,
  type ResolvedConfig,
  resolveConfig,
} from "./resolve.ts";
export { type FieldIssue, issuesOf, validateFields } from "./validate.ts";
