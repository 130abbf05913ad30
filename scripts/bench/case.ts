/** What every bench case is: a function that measures, and answers figures with a verdict on each target. */
import { availableParallelism, cpus, totalmem } from "node:os";
import process from "node:process";

export interface BenchOptions {
  /** Real markdown, where it is beside the project. */
  root: string;
  /** How often; each case has its own default. */
  runs?: number;
  /** Told how far it is. */
  progress(message: string): void;
}

/** Figures by name, and `targets`. */
export type Figures = Record<string, unknown> & { targets: Target[] };

export type BenchCase = (options: BenchOptions) => Promise<Figures>;

export interface Target {
  what: string;
  value: number;
  /** What is aimed for, e.g. `<= 2`. */
  target: string;
  /** `gate`: the target is missed, the limit beyond which it is a fault is kept. */
  verdict: "met" | "gate" | "missed";
}

interface Limit {
  /** The target. */
  aim: number;
  /** The limit beyond which it is a fault. @default the target */
  gate?: number;
}

/** A figure that must not be larger. */
export function atMost(what: string, value: number, { aim, gate = aim }: Limit): Target {
  return {
    what,
    value: round(value),
    target: `<= ${aim}`,
    verdict: value <= aim ? "met" : value <= gate ? "gate" : "missed",
  };
}

/** A figure that must not be smaller. */
export function atLeast(what: string, value: number, { aim, gate = aim }: Limit): Target {
  return {
    what,
    value: round(value),
    target: `>= ${aim}`,
    verdict: value >= aim ? "met" : value >= gate ? "gate" : "missed",
  };
}

/** Three digits that count. */
export function round(value: number): number {
  return Number(value.toPrecision(value >= 1000 ? 5 : 3));
}

export function median(values: readonly number[]): number {
  return percentile(values, 50);
}

/** The smallest value that `p` percent of the values do not exceed. */
export function percentile(values: readonly number[], p: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const index = Math.max(0, Math.min(sorted.length - 1, Math.ceil((p / 100) * sorted.length) - 1));
  return sorted[index] ?? Number.NaN;
}

/** Median, least and most of several runs. */
export function spread(values: readonly number[]): { median: number; min: number; max: number } {
  return {
    median: round(median(values)),
    min: round(Math.min(...values)),
    max: round(Math.max(...values)),
  };
}

/** Where figures come from: without it they mean nothing. */
export function machine(): Record<string, unknown> {
  return {
    cores: availableParallelism(),
    cpu: cpus()[0]?.model ?? "unknown",
    memory_gb: Math.round(totalmem() / 2 ** 30),
    os: `${process.platform}-${process.arch}`,
    runtime: "Deno" in globalThis ? `deno ${process.versions.deno}` : `node ${process.versions.node}`,
  };
}
