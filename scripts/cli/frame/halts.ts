/** A halt as a person names it, and what can be done about each kind. */
import { InvalidArgumentError } from "commander";
import type { HaltKind } from "../../../shared/hub/hub.ts";

export interface Decision {
  /** As `frontrow resume` takes it. */
  option: "--apply" | "--restore";
  about: string;
}

const HELD: readonly Decision[] = [
  { option: "--apply", about: "carry out what is held" },
  { option: "--restore", about: "give back what is missing" },
];

const DECISIONS: Readonly<Record<HaltKind, readonly Decision[]>> = {
  deletions: HELD,
  "scope-changed": HELD,
  // It ends by itself, when the table is mended or registered again.
  "schema-changed": [],
  oscillation: [{ option: "--apply", about: "let the documents go on, once what rewrites them is gone" }],
  identity: [
    { option: "--apply", about: "this database is now the caller's project's" },
    { option: "--restore", about: "keep it with the registered project" },
  ],
  fence: [{ option: "--apply", about: "try again, once what drops the header or the triggers is mended" }],
};

/** The decisions that can be made; none for what ends by itself. */
export function decisionsOf(kind: HaltKind): readonly Decision[] {
  return DECISIONS[kind];
}

/** A halt's number as an argument. */
export function haltNumber(text: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new InvalidArgumentError("It must be a halt's number.");
}
