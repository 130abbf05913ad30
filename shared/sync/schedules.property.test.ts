/**
 * Random schedules of foreign edits, crashes, stalls and races on the real SQL (scripts/simulate/README.md says what must
 * hold). `FRONTROW_SEED=… FRONTROW_RUNS=…` plays others; `npm run -s simulate -- --on sql` looks longer.
 */
import process from "node:process";
import { GARDENS, testSchedules } from "../../scripts/simulate/test-gardens.ts";

const RUNS = Number(process.env.FRONTROW_RUNS ?? 14);
const SEED = Number(process.env.FRONTROW_SEED ?? 20261120);

testSchedules(GARDENS.slice(0, 3), RUNS, SEED);
