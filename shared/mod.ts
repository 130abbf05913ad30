/** What a project's own code imports from "frontrow": the words of its `frontrow.config.ts`. */

export {
  type Collection,
  type CollectionOptions,
  type Config,
  defineCollection,
  defineConfig,
  type FieldsOf,
  type Policies,
} from "./collections/mod.ts";
export { type FailureCode, FrontrowError } from "./errors.ts";
