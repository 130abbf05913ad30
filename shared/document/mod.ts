/**
 * Documents, losslessly: bytes → text → header and body → typed values, and changed values back into the same text.
 *
 * ```ts
 * const document = parseDocument(decode(bytes));
 * const fields = readFields(document, mapping);
 * const text = renderDocument(document, mapping, new Map([["title", "New"]]));
 * ```
 */

export { byteLength, decode, encode, MAX_DOCUMENT_BYTES } from "./bytes.ts";
export { canonical, sameValue } from "./canonical.ts";
export { digest, digestText } from "./digest.ts";
export { type Document, parseDocument, placeOf, sourceOf } from "./document.ts";
export { readFields } from "./field-value.ts";
export type { Language } from "./front-matter.ts";
export { createLineCodec, type DocumentCodec, plainCodec } from "./line-codec.ts";
export type { FieldMapping, Mapping } from "./mapping.ts";
export type { AliasNode, Entry, ListNode, MapNode, Node, ScalarNode, ScalarStyle } from "./node.ts";
export { newDocument, renderDocument } from "./render.ts";
export { toJs } from "./to-js.ts";
export { COLUMN_TYPES, type ColumnType, type Fields, type Value } from "./value.ts";
export { type Warning, warningsOf } from "./warnings.ts";
