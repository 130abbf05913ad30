/**
 * Dates and instants as canonical text, with a calendar of our own: `Date` would lose microseconds, years past 275760,
 * and what the author wrote.
 */

export interface Instant {
  /** Seconds since 1970-01-01T00:00:00Z, and microseconds after that, 0–999999. */
  seconds: number;
  micros: number;
}

/** How an instant was written, so that a new one can be written alike. */
export interface InstantShape {
  separator: string;
  hasSeconds: boolean;
  fractionDigits: number;
  gap: string;
  zone: string;
  offsetSeconds: number;
  dateOnly: boolean;
}

const DATE = /^(\d{4,7})-(\d\d?)-(\d\d?)( BC)?$/;
const INSTANT =
  /^(\d{4,7})-(\d\d?)-(\d\d?)(?:([Tt]|[ \t]+)(\d\d?):(\d\d)(?::(\d\d)(?:\.(\d+))?)?([ \t]*)(Z|z|[-+]\d\d?(?::?\d\d(?::?\d\d)?)?)?)?( BC)?$/;

/** A calendar date, or `null`. */
export function canonicalDate(text: string): string | null {
  if (text === "infinity" || text === "-infinity") return text;
  const match = DATE.exec(text);
  if (match === null) return null;
  const days = daysOf(Number(match[1]), Number(match[2]), Number(match[3]), match[4] !== undefined);
  // Postgres: 4713 BC to 5874897 AD.
  return days === null || days < -2_440_588 || days > 2_145_042_905 ? null : dateText(days);
}

/** An instant in UTC, or `null`. Without a zone it is UTC; without a time it is midnight. */
export function canonicalInstant(text: string): string | null {
  if (text === "infinity" || text === "-infinity") return text;
  const read = readInstant(text);
  return read === null ? null : instantText(read.instant);
}

/** The canonical text of an instant. */
export function instantText({ seconds, micros }: Instant): string {
  const days = Math.floor(seconds / 86_400);
  const time = clock(seconds - days * 86_400);
  const fraction = micros === 0 ? "" : `.${String(micros).padStart(6, "0").replace(/0+$/, "")}`;
  const [date, era] = dateText(days).split(" ");
  return `${date}T${time}${fraction}Z${era === undefined ? "" : " BC"}`;
}

/** Reads ISO, YAML and Postgres spellings; `null` when the text is none or names no real instant. */
export function readInstant(text: string): { instant: Instant; shape: InstantShape } | null {
  const match = INSTANT.exec(text);
  if (match === null) return null;
  const [, year, month, day, separator, hour, minute, second, fraction, gap, zone, era] = match;
  const days = daysOf(Number(year), Number(month), Number(day), era !== undefined);
  const [h, m, s] = [Number(hour ?? 0), Number(minute ?? 0), Number(second ?? 0)];
  const offsetSeconds = zoneSeconds(zone);
  if (days === null || offsetSeconds === null || h > 23 || m > 59 || s > 59) return null;
  let seconds = days * 86_400 + h * 3600 + m * 60 + s - offsetSeconds;
  let micros = fraction === undefined ? 0 : Math.round(Number(`0.${fraction.slice(0, 12)}`) * 1e6);
  if (micros === 1_000_000) {
    micros = 0;
    seconds++;
  }
  // Postgres: 4713 BC to 294276 AD.
  if (seconds < -210_866_803_200 || seconds >= 9_224_318_016_000) return null;
  const shape: InstantShape = {
    separator: separator ?? "T",
    hasSeconds: second !== undefined,
    fractionDigits: fraction?.length ?? 0,
    gap: gap ?? "",
    zone: zone ?? "",
    offsetSeconds,
    dateOnly: separator === undefined,
  };
  return { instant: { seconds, micros }, shape };
}

/** A canonical instant written the way `like` was: same separator, same zone, seconds and fraction where needed. */
export function instantLike(canonical: string, like: string): string {
  const read = readInstant(canonical);
  const shape = readInstant(like)?.shape;
  if (read === null || shape === undefined || canonical.endsWith("BC")) return canonical;
  const { seconds, micros } = read.instant;
  const local = seconds + shape.offsetSeconds;
  const days = Math.floor(local / 86_400);
  const time = clock(local - days * 86_400);
  const date = dateText(days);
  if (date.endsWith("BC")) return canonical;
  if (shape.dateOnly) return micros === 0 && time === "00:00:00" ? date : canonical;
  const digits = micros === 0 ? "" : String(micros).padStart(6, "0").replace(/0+$/, "");
  const fraction = shape.fractionDigits > 6 ? digits : digits.padEnd(shape.fractionDigits, "0");
  const short = !shape.hasSeconds && time.endsWith(":00") && fraction === "";
  const clockText = short ? time.slice(0, 5) : fraction === "" ? time : `${time}.${fraction}`;
  return `${date}${shape.separator}${clockText}${shape.gap}${shape.zone}`;
}

function zoneSeconds(zone: string | undefined): number | null {
  if (zone === undefined || zone === "Z" || zone === "z") return 0;
  const [hours = "", minutes = "0", seconds = "0"] = zone.includes(":")
    ? zone.slice(1).split(":")
    : (zone.slice(1).match(/\d\d?/g) ?? []);
  const total = Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds);
  if (Number(hours) > 15 || Number(minutes) > 59 || Number(seconds) > 59) return null;
  return zone.startsWith("-") ? -total : total;
}

function clock(seconds: number): string {
  const two = (value: number): string => String(value).padStart(2, "0");
  return `${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
}

/** Days since 1970-01-01 in the proleptic Gregorian calendar; `null` for a date that does not exist. */
function daysOf(yearText: number, month: number, day: number, bc: boolean): number | null {
  if (yearText === 0 || month < 1 || month > 12 || day < 1) return null;
  const year = bc ? 1 - yearText : yearText;
  const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  const length = month === 2 ? (leap ? 29 : 28) : [4, 6, 9, 11].includes(month) ? 30 : 31;
  if (day > length) return null;
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}

function dateText(days: number): string {
  const shifted = days + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shiftedMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const day = dayOfYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1;
  const month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9;
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
  const shown = String(year <= 0 ? 1 - year : year).padStart(4, "0");
  const text = `${shown}-${String(month).padStart(2, "0")}-${String(day).padStart(2, "0")}`;
  return year <= 0 ? `${text} BC` : text;
}
