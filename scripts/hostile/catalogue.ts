/** The hostile-input catalogue, H1–H55: every line of it, in order. */
import { CONTENTS } from "./contents.ts";
import { HEADERS } from "./headers.ts";
import type { Line } from "./line.ts";
import { NETWORK } from "./network.ts";
import { ARCHIVES, PATHS } from "./paths.ts";
import { TABLES } from "./tables.ts";
import { VALUES } from "./values.ts";

export const CATALOGUE: readonly Line[] = [
  ...HEADERS,
  ...CONTENTS,
  ...PATHS,
  ...ARCHIVES,
  ...NETWORK,
  ...TABLES,
  ...VALUES,
];
