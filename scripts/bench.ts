/**
 * `npm run bench -- <case> [--json] [--rounds N]`: measures, never tests. The last line is one JSON object with `--json`.
 */
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

export interface BenchOptions {
  /** Real markdown, where it is beside the project. */
  root: string;
  /** How often; each case has its own default. */
  rounds?: number;
  /** Told how far it is. */
  progress(message: string): void;
}

const CASES: Record<string, () => Promise<{ bench(options: BenchOptions): Promise<object> }>> = {
  codec: () => import("./bench/codec.ts"),
  event: () => import("./bench/event.ts"),
};

const { values, positionals } = parseArgs({
  options: { json: { type: "boolean", default: false }, rounds: { type: "string" } },
  allowPositionals: true,
});
const load = CASES[positionals[0] ?? ""];
if (load === undefined) {
  console.error(`Which case? ${Object.keys(CASES).join(", ")}`);
  process.exitCode = 2;
} else {
  const { bench } = await load();
  const result = await bench({
    root: fileURLToPath(new URL("../../shared/corpora", import.meta.url)),
    ...(values.rounds === undefined ? {} : { rounds: Number(values.rounds) }),
    progress: (message) => values.json || console.log(message),
  });
  console.log(values.json ? JSON.stringify(result) : JSON.stringify(result, null, 2));
  process.exit(0);
}
