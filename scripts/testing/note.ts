import { appendFileSync } from "node:fs";
import process from "node:process";

/** Shows a line to who runs `npm test`, though the test passes: `deno test --quiet` keeps the console to itself. */
export function note(line: string): void {
  const file = process.env.FRONTROW_NOTES;
  if (file) appendFileSync(file, `${line}\n`);
  else console.log(line);
}
