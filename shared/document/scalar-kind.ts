/**
 * What a plain scalar is: by the YAML 1.2 core schema (`coreKind`, which decides meaning), and to the readers out there
 * (`plainKind`, which decides whether a newly written text needs quotes so that nobody takes it for something else).
 */

import type { ScalarNode } from "./node.ts";

export type CoreKind = "null" | "bool" | "int" | "float" | "string";

const INT = /^(?:[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+)$/;
const NUMBER =
  /^(?:[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|0o[0-7]+|0x[0-9a-fA-F]+|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)|\+\.nan|-\.nan)$/;
const DATE = /^\d{4}-\d{1,2}-\d{1,2}(?:(?:[Tt]|[ \t]+)\d{1,2}:\d\d.*)?$/;
const WORDS = /^(?:y|n|yes|no|on|off)$/i;
const OLD_NUMBERS =
  /^[-+]?(?:0b[01_]+|[0-9][0-9_]*(?:\.[0-9_]*)?(?:[eE][-+]?\d+)?|0x[0-9a-f_]+|[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?)$/i;

/** The core schema's reading of an unquoted text. */
export function coreKind(text: string): CoreKind {
  const first = text.charCodeAt(0);
  // `+`, `-`, `.` or a digit; `/` is none of them, and harmless.
  if (first >= 0x2b && first <= 0x39)
    return NUMBER.test(text) ? (INT.test(text) ? "int" : "float") : "string";
  if (text.length > 5) return "string";
  switch (text) {
    case "":
    case "~":
    case "null":
    case "Null":
    case "NULL":
      return "null";
    case "true":
    case "True":
    case "TRUE":
    case "false":
    case "False":
    case "FALSE":
      return "bool";
    default:
      return "string";
  }
}

/** What a node is under the core schema; quoting, or a tag other than the core ones, makes it a string. */
export function kindOf(node: ScalarNode): CoreKind {
  if (node.style !== "plain" || node.tag !== undefined) {
    return node.tag?.startsWith("tag:yaml.org,2002:") ? taggedKind(node) : "string";
  }
  return coreKind(node.text);
}

function taggedKind(node: ScalarNode): CoreKind {
  const kind = coreKind(node.text);
  const wanted = node.tag?.slice("tag:yaml.org,2002:".length);
  if (wanted === "float" && kind === "int") return "float";
  return wanted === kind ? kind : "string";
}

export function isNull(node: ScalarNode): boolean {
  return kindOf(node) === "null";
}

/** What the widest range of readers may take an unquoted text for. */
export function plainKind(text: string): "null" | "bool" | "number" | "date" | "string" {
  const kind = coreKind(text);
  if (kind === "int" || kind === "float") return "number";
  if (kind !== "string") return kind;
  if (WORDS.test(text)) return "bool";
  if (OLD_NUMBERS.test(text)) return "number";
  if (DATE.test(text)) return "date";
  return text === "=" || text === "<<" ? "null" : "string";
}
