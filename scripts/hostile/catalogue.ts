/** The hostile-input catalogue, H1–H55: every line of it, in order. */
import { CONTENTS } from "./contents.ts";
import { HEADERS } from "./headers.ts";
import type { Line } from "./line.ts";

export const CATALOGUE: readonly Line[] = [...HEADERS, ...CONTENTS];
