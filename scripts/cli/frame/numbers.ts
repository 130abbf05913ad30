/** Numbers on the command line, for commander. */
import { InvalidArgumentError } from "commander";

export function seconds(text: string): number {
  if (/^\d{1,5}(\.\d{1,3})?$/.test(text) && Number(text) > 0) return Number(text);
  throw new InvalidArgumentError("It must be a number of seconds, more than 0.");
}
