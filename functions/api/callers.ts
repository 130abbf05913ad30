/** Who calls: a program with a secret key, which sees everything, or a person with the token they signed in with. */
import { FrontrowError } from "../../shared/errors.ts";
import type { Claims } from "../../shared/hub/peer-hub.ts";
import { isOneOf } from "../auth.ts";
import { createRate, type RateOptions } from "../rate.ts";

export type Caller = { kind: "program"; name: string | undefined } | Person;

export interface Person {
  kind: "person";
  claims: Claims;
  /** As history and audit will name them. */
  name: string;
}

export interface CallersOptions {
  secretKeys: readonly string[];
  /** What a token says, checked by who can check it; null when it is not to be believed. */
  verify(token: string): Promise<Record<string, unknown> | null>;
  /** Milliseconds since 1970. */
  now(): number;
}

/** Milliseconds for which a token that was verified is believed; a person who is shut out is so after this. */
const BELIEVE = 60_000;
const MOST_KNOWN = 500;
const RATE: Omit<RateOptions, "now"> = { burst: 200, perSecond: 20 };

/**
 * Answers who a request is from, and counts it.
 * @throws {FrontrowError} `UNAUTHORIZED`, `RATE_LIMITED`, or `HUB_UNAVAILABLE` when tokens cannot be verified now.
 */
export function createCallers({ secretKeys, verify, now }: CallersOptions) {
  const countPrograms = createRate({ burst: 1000, perSecond: 200, now });
  const countStrangers = createRate({ ...RATE, now });
  const known = new Map<string, { person: Person; until: number; count: (source: string) => void }>();

  return async (headers: Headers): Promise<Caller> => {
    if (await isOneOf(headers.get("apikey") ?? undefined, secretKeys)) {
      countPrograms("program");
      return { kind: "program", name: headers.get("x-frontrow-author")?.slice(0, 320) || undefined };
    }
    const token = /^Bearer (\S{1,8192})$/i.exec(headers.get("authorization") ?? "")?.[1];
    if (token === undefined) throw unauthorized();
    let entry = known.get(token);
    if (entry === undefined || entry.until <= now()) {
      known.delete(token);
      countStrangers("stranger");
      const person = toPerson(await verify(token));
      const { exp } = person.claims;
      const until = Math.min(
        now() + BELIEVE,
        typeof exp === "number" ? exp * 1000 : Number.POSITIVE_INFINITY,
      );
      entry = { person, until, count: createRate({ ...RATE, now }) };
      if (known.size >= MOST_KNOWN) known.delete(known.keys().next().value!);
      known.set(token, entry);
    }
    entry.count("person");
    return entry.person;
  };
}

function toPerson(claims: Record<string, unknown> | null): Person {
  const { role, sub, email } = claims ?? {};
  if (role !== "authenticated" || typeof sub !== "string" || sub === "") throw unauthorized();
  return {
    kind: "person",
    claims: { ...claims, role, sub },
    name: typeof email === "string" && email !== "" ? email : sub,
  };
}

function unauthorized(): FrontrowError {
  return new FrontrowError(
    "UNAUTHORIZED",
    "A secret key (header apikey) or the token of somebody who is signed in (header authorization) is needed.",
  );
}
