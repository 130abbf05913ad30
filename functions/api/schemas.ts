/** What crosses the wire: requests are checked against these, and the OpenAPI document is made from them. */
import {
  array,
  boolean,
  coerce,
  type infer as Infer,
  int,
  looseObject,
  nullable,
  object,
  enum as oneOf,
  optional,
  string,
  uuid,
} from "zod";
import { name } from "../names.ts";

/** Documents named in one request. */
export const MOST_NAMES = 200;

const flag = oneOf(["true", "false"]).transform((word) => word === "true");
const documentName = object({ collection: name, path: name });
const document = object({
  collection: string(),
  path: string(),
  revision: int(),
  digest: nullable(string()).describe("SHA-256 of the canonical form; null where its author was purged."),
  deleted: boolean(),
  author: nullable(string()),
  at: string().describe("ISO, with microseconds."),
  text: optional(string()).describe("Byte for byte; missing where not asked for, or deleted."),
});

export const changesQuery = object({
  since: optional(string().max(2200)).describe("`next` of the answer before; without it the feed begins."),
  collection: optional(name),
  limit: optional(coerce.number().int().min(1).max(1000)).describe("Default 200."),
  maxBytes: optional(coerce.number().int().min(1).max(8_000_000)).describe(
    "Of all texts together; one document always comes. Default 4000000.",
  ),
  texts: optional(flag).describe("Default true."),
});
export const changesAnswer = object({
  items: array(document),
  next: string(),
  more: boolean().describe("Ask again at once."),
  reset: boolean().describe(
    "The whole state, from its beginning: what is not in it, up to the last page, is not there any more.",
  ),
});

export const collectionsAnswer = object({
  items: array(
    looseObject({
      name: string(),
      digest: string().describe(
        "Of the config that was registered: a peer with another one makes other rows of a text.",
      ),
      columns: array(looseObject({ column: string(), type: string() })),
    }),
  ),
});

export const documentPlace = documentName;
export const documentQuery = object({ texts: optional(flag).describe("Default true.") });
export const documentAnswer = document;
export const documentsBody = object({
  items: array(documentName).min(1).max(MOST_NAMES),
  texts: optional(boolean()).describe("Default true."),
});
export const documentsAnswer = object({
  items: array(document).describe("What is not there, or may not be seen, is left out."),
});

export const conflictsQuery = object({
  collection: optional(name),
  path: optional(name).describe("Whole records, with their texts."),
  state: optional(oneOf(["open", "all"])).describe("Default open."),
  limit: optional(coerce.number().int().min(1).max(1000)).describe("Default 1000."),
});
export const conflictsAnswer = object({
  items: array(
    looseObject({
      id: int(),
      collection: string(),
      path: string(),
      state: oneOf(["open", "resolved"]),
      overlapping: array(looseObject({ label: string(), name: string() })),
      bucket_version: nullable(string()),
      table_version: nullable(string()),
      revision: int(),
    }),
  ),
});

/** Items of one push; a peer with more sends more. */
const MOST_ITEMS = 1000;

export const pushBody = object({
  request: uuid().describe("Of the peer's own making. Sent again, it goes on where it ended."),
  message: optional(string().max(1000)).describe("Why, for the history."),
  items: array(
    documentName.extend({
      expected: nullable(int().min(1)).describe(
        "The revision the text was made from; null: there was no document.",
      ),
      text: nullable(string()).describe("null: the document is deleted."),
    }),
  )
    .min(1)
    .max(MOST_ITEMS),
});
export const pushAnswer = object({
  items: array(
    documentName.extend({
      outcome: oneOf(["accepted", "newer", "refused", "busy", "held"]).describe(
        "newer: merge with the text that comes with it, and push again. busy: push it again, under the same id. refused: change it. " +
          "held: a person must look at the document first.",
      ),
      revision: optional(nullable(int())).describe("The document's now; null: there is none."),
      text: optional(nullable(string())).describe("The document's now, where it is not what was pushed."),
      code: optional(string()),
      message: optional(string()),
      line: optional(int()),
      hint: optional(string()),
    }),
  ).describe("One for each item, in order."),
  more: boolean().describe("Some are busy: push those again, under the same id."),
});

export const idsBody = object({
  request: uuid().describe(
    "Of the caller's own making. Sent again within three days, it is answered the same.",
  ),
  collection: name,
  count: optional(int().min(1).max(1000)).describe("How many. Default 1."),
});
export const idsAnswer = object({
  format: string().describe("How an id is written: {n} is its number, {n:4} has leading zeros."),
  first: int(),
  last: int().describe("The numbers from first to last are the caller's alone."),
});

export const failureAnswer = object({
  error: object({
    code: string(),
    message: optional(string()),
    path: optional(string()),
    line: optional(int()),
    column: optional(int()),
    rule: optional(string()),
    hint: optional(string()),
  }),
});

export type Push = Infer<typeof pushBody>;
