/** Verbs that mean nothing without a clone. */
import { FrontrowError } from "../../../shared/errors.ts";
import type { Answer, Call } from "./verb.ts";

export function notInAClone({ io }: Call): Promise<Answer> {
  throw new FrontrowError(
    "USAGE",
    "This is no clone: there is no frontrow.yaml with an origin, or no hub beside it.",
    {
      rule: "no-clone",
      hint: `Make one: ${io.program} init <url>`,
    },
  );
}

/** Outside of a clone these verbs mean whole collections. */
export function refuseFilter({ shared }: Call): void {
  if (shared.filter !== undefined)
    throw new FrontrowError(
      "USAGE",
      "--filter means documents of a clone here; --collection a whole collection.",
    );
}
