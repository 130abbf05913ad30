/** Numbers as canonical digits. Nothing here goes through a double except the type that is one. */

import { trimEnd } from "./trim-end.ts";

const DECIMAL = /^([-+]?)(\d*)(?:\.(\d*))?(?:[eE]([-+]?\d{1,9}))?$/;
const RANGES: Readonly<Record<string, [bigint, bigint]>> = {
  int2: [-32_768n, 32_767n],
  int4: [-2_147_483_648n, 2_147_483_647n],
  int8: [-9_223_372_036_854_775_808n, 9_223_372_036_854_775_807n],
};
/** Postgres: digits before and after the point. */
const MAX_WHOLE = 131_072;
const MAX_FRACTION = 16_383;

/** A whole number in range, or `null`. Reads the core schema's `0x` and `0o` too. */
export function canonicalInt(type: "int2" | "int4" | "int8", text: string): string | null {
  if (text.length > 100 || !/^(?:[-+]?\d+|0o[0-7]+|0x[0-9a-fA-F]+)$/.test(text)) return null;
  const value = BigInt(text.startsWith("+") ? text.slice(1) : text);
  const [low, high] = RANGES[type] as [bigint, bigint];
  return value >= low && value <= high ? value.toString() : null;
}

/** Digits without exponent, leading or trailing zeros; `null` when the text is no number or Postgres cannot hold it. */
export function canonicalNumeric(text: string): string | null {
  if (/^(?:0|[1-9]\d{0,14})$/.test(text)) return text;
  const special = specialNumber(text);
  if (special !== null) return special;
  if (text.length > MAX_WHOLE + MAX_FRACTION) return null;
  if (/^0[xo]/.test(text)) return /^(?:0o[0-7]+|0x[0-9a-fA-F]+)$/.test(text) ? BigInt(text).toString() : null;
  const match = DECIMAL.exec(text);
  if (match === null) return null;
  const [, sign, whole = "", fraction = "", exponent = "0"] = match;
  if (whole === "" && fraction === "") return null;
  const digits = (whole + fraction).replace(/^0+/, "");
  if (digits === "") return "0";
  const point = digits.length - fraction.length + Number(exponent);
  if (point > MAX_WHOLE || digits.length - point > MAX_FRACTION + whole.length + fraction.length) return null;
  const padded = point <= 0 ? "0".repeat(1 - point) + digits : digits.padEnd(point, "0");
  const at = Math.max(1, point);
  const tail = trimEnd(padded.slice(at), "0");
  if (tail.length > MAX_FRACTION) return null;
  return (sign === "-" ? "-" : "") + padded.slice(0, at) + (tail === "" ? "" : `.${tail}`);
}

/** The shortest text that reads back as the same double; `null` when the text is no number or too large for one. */
export function canonicalFloat(text: string): string | null {
  const special = specialNumber(text);
  if (special !== null) return special;
  if (/^0[xo]/.test(text)) {
    const whole = canonicalNumeric(text);
    return whole === null ? null : canonicalFloat(whole);
  }
  const match = DECIMAL.exec(text);
  if (match === null || ((match[2] ?? "") === "" && (match[3] ?? "") === "")) return null;
  const value = Number(text);
  if (!Number.isFinite(value)) return null;
  // Postgres refuses what underflows rather than calling it zero.
  if (value === 0 && /[1-9]/.test(`${match[2] ?? ""}${match[3] ?? ""}`)) return null;
  return value === 0 ? "0" : String(value);
}

function specialNumber(text: string): string | null {
  const match = /^([-+]?)(?:\.?(inf|infinity)|\.?(nan))$/i.exec(text);
  if (match === null) return null;
  if (match[3]) return "NaN";
  return match[1] === "-" ? "-Infinity" : "Infinity";
}

/** A JavaScript number when it says exactly what the canonical digits say, else the digits. */
export function exactNumber(text: string): number | string {
  const value = Number(text);
  if (!Number.isFinite(value))
    return text === "NaN" ? Number.NaN : Number.isNaN(value) ? text : specialOr(text, value);
  return canonicalNumeric(String(value)) === canonicalNumeric(text) ? value : text;
}

function specialOr(text: string, value: number): number | string {
  return /Infinity/.test(text) ? value : text;
}
