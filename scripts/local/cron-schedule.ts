/** When a pg_cron schedule is due: `'30 seconds'` (1–59), or five cron fields in GMT. Pure. */
export type Schedule = { everySeconds: number } | { matches: (minute: Date) => boolean };

const MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const DAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

/** @throws when the text is not a schedule */
export function parseSchedule(text: string): Schedule {
  const seconds = /^\s*([1-9]|[1-5]\d)\s+seconds?\s*$/i.exec(text);
  if (seconds) return { everySeconds: Number(seconds[1]) };
  const fields = text.trim().split(/\s+/);
  if (fields.length !== 5) throw new Error(`invalid schedule: ${text}`);
  const minutes = parseField(fields[0]!, 0, 59);
  const hours = parseField(fields[1]!, 0, 23);
  const days = parseField(fields[2]!, 1, 31);
  const months = parseField(fields[3]!, 1, 12, MONTHS, 1);
  const weekdays = parseField(fields[4]!, 0, 7, DAYS, 0);
  if (weekdays.has(7)) weekdays.add(0);
  // As every cron: when both day fields are given, either may match.
  const bothGiven = !fields[2]!.startsWith("*") && !fields[4]!.startsWith("*");
  return {
    matches(at) {
      const tomorrow = new Date(at.getTime() + 86_400_000);
      const day = days.has(at.getUTCDate()) || (days.has("$") && tomorrow.getUTCDate() === 1);
      const weekday = weekdays.has(at.getUTCDay());
      return (
        minutes.has(at.getUTCMinutes()) &&
        hours.has(at.getUTCHours()) &&
        months.has(at.getUTCMonth() + 1) &&
        (bothGiven ? day || weekday : day && weekday)
      );
    },
  };
}

function parseField(
  field: string,
  min: number,
  max: number,
  names: string[] = [],
  base = 0,
): Set<number | "$"> {
  const values = new Set<number | "$">();
  const number = (text: string) => {
    const named = names.indexOf(text.toLowerCase());
    const value = named >= 0 ? named + base : /^\d+$/.test(text) ? Number(text) : Number.NaN;
    if (!(value >= min && value <= max)) throw new Error(`invalid schedule field: ${field}`);
    return value;
  };
  for (const part of field.split(",")) {
    if (part === "$" && max === 31) {
      values.add("$");
      continue;
    }
    const [range, step = "1"] = part.split("/") as [string, string?];
    const [from, to = range === "*" ? undefined : from] = (range === "*" ? `${min}-${max}` : range).split(
      "-",
    );
    const last = number(to ?? from!);
    const stride = Number(step);
    if (!(stride >= 1)) throw new Error(`invalid schedule field: ${field}`);
    for (let value = number(from!); value <= last; value += stride) values.add(value);
  }
  return values;
}
