/** The peers' doors on a real local stack, called over HTTP as anybody would. */
import type { ZodType } from "zod";
import { type Garden, type GardenOptions, startGarden } from "../../scripts/testing/garden.ts";
import type { Limits } from "../../shared/sync/budget.ts";
import { connect } from "../../shared/sync/connect.ts";
import { createApiApp } from "./app.ts";
import { createVerify } from "./verify.ts";

export interface Answer {
  status: number;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into it
  body: any;
}

export interface TestApi {
  garden: Garden;
  /** A person's headers; a new person without an id. */
  signedIn(sub?: string, claims?: Record<string, unknown>): { sub: string; headers: Record<string, string> };
  program: Record<string, string>;
  call(path: string, headers?: Record<string, string>, body?: unknown): Promise<Answer>;
}

export async function startApi(options: GardenOptions = {}, limits: Partial<Limits> = {}): Promise<TestApi> {
  const garden = await startGarden(options);
  const { stack, config } = garden;
  const connection = connect({ url: stack.url, key: stack.secretKey });
  const app = createApiApp({
    ...connection,
    config,
    limits,
    url: stack.url,
    secretKeys: [stack.secretKey],
    verify: createVerify(stack),
    now: Date.now,
  });
  stack.mount("frontrow-api", app.fetch);
  return {
    garden,
    signedIn(sub = crypto.randomUUID(), claims = {}) {
      return { sub, headers: { authorization: `Bearer ${stack.userToken({ sub, ...claims })}` } };
    },
    program: { apikey: stack.secretKey },
    async call(path, headers = {}, body) {
      const response = await fetch(`${stack.url}/functions/v1/frontrow-api${path}`, {
        headers,
        ...(body === undefined ? {} : { method: "POST", body: JSON.stringify(body) }),
      });
      return { status: response.status, body: await response.json() };
    },
  };
}

/** Parses what a door answered; an unknown key is an error of the schema. */
export function answered<Schema extends ZodType>(schema: Schema, { status, body }: Answer) {
  if (status !== 200) throw new Error(`${status}: ${JSON.stringify(body)}`);
  return schema.parse(body);
}
