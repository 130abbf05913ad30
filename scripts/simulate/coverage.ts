/** How often everything happened. What a generator never reaches is a defect of the generator. */
export class Coverage {
  readonly counts: Record<string, number> = {};

  note(kind: string, name: string, by = 1): void {
    const key = `${kind}: ${name}`;
    this.counts[key] = (this.counts[key] ?? 0) + by;
  }

  add(counts: Readonly<Record<string, number>>): void {
    for (const [key, count] of Object.entries(counts)) this.counts[key] = (this.counts[key] ?? 0) + count;
  }

  /** As `{ command: { drain: 12, … }, … }`, most frequent first. */
  report(): Record<string, Record<string, number>> {
    const report: Record<string, Record<string, number>> = {};
    for (const [key, count] of Object.entries(this.counts).sort((a, b) => b[1] - a[1])) {
      const [kind = "", name = ""] = key.split(": ", 2);
      report[kind] ??= {};
      report[kind][name] = count;
    }
    return report;
  }
}
