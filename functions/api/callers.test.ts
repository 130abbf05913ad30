/** Who may call: nobody without a good key or token, and never as somebody else. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { signJwt } from "../../scripts/local/keys.ts";
import { type CallersOptions, createCallers } from "./callers.ts";
import { startApi } from "./test-api.ts";

const KEY = "sb_secret_test";
const bearer = (token: string) => new Headers({ authorization: `Bearer ${token}` });

function setUp(options: Partial<CallersOptions> = {}) {
  const asked: string[] = [];
  const clock = { now: 1_000_000 };
  const identify = createCallers({
    secretKeys: [KEY],
    verify: async (token) => {
      asked.push(token);
      return token === "good" ? { role: "authenticated", sub: "ada", email: "ada@example.org" } : null;
    },
    now: () => clock.now,
    ...options,
  });
  return { identify, asked, clock };
}

test("a secret key is a program, and may say for whom it acts", async () => {
  const { identify } = setUp();
  assert.deepEqual(await identify(new Headers({ apikey: KEY })), { kind: "program", name: undefined });
  assert.deepEqual(await identify(new Headers({ apikey: KEY, "x-frontrow-author": "Ada" })), {
    kind: "program",
    name: "Ada",
  });
});

test("a token is verified once in a while, and its person is known by their e-mail", async () => {
  const { identify, asked, clock } = setUp();
  const person = await identify(bearer("good"));
  assert.ok(person.kind === "person" && person.name === "ada@example.org" && person.claims.sub === "ada");
  await identify(bearer("good"));
  assert.equal(asked.length, 1);
  clock.now += 60_001;
  await identify(bearer("good"));
  assert.equal(asked.length, 2);
});

test("a token is not believed past its own end", async () => {
  const { identify, asked, clock } = setUp({
    verify: async (token) => {
      asked.push(token);
      return { role: "authenticated", sub: "ada", exp: 1_010 };
    },
  });
  await identify(bearer("good"));
  clock.now = 1_010_001;
  await identify(bearer("good"));
  assert.equal(asked.length, 2);
});

test("nothing, a wrong key, a bad token, another role: refused alike", async () => {
  const { identify } = setUp();
  for (const headers of [
    new Headers(),
    new Headers({ apikey: "sb_secret_wrong" }),
    new Headers({ apikey: "" }),
    new Headers({ authorization: "Basic x" }),
    new Headers({ authorization: `Bearer ${KEY}` }),
    bearer("bad"),
  ]) {
    await assert.rejects(identify(headers), { code: "UNAUTHORIZED", status: 401 });
  }
  for (const claims of [{ role: "anon" }, { role: "service_role", sub: "x" }, { role: "authenticated" }]) {
    const other = setUp({ verify: async () => claims });
    await assert.rejects(other.identify(bearer("x")), { code: "UNAUTHORIZED" });
  }
});

test("who floods is refused, and nobody else is", async () => {
  const { identify } = setUp();
  const flood = async (headers: Headers, most: number) => {
    for (let n = 0; n < most; n++) {
      try {
        await identify(headers);
      } catch (error) {
        if ((error as { code: string }).code === "RATE_LIMITED") return true;
      }
    }
    return false;
  };
  assert.ok(await flood(bearer("bad"), 300));
  await assert.rejects(
    identify(bearer("good")),
    { code: "RATE_LIMITED" },
    "tokens to be verified are one queue",
  );
  assert.equal(await flood(new Headers({ apikey: KEY }), 300), false);
});

test("on the stack: no key, a forged token, an expired one, and the publishable key alone are strangers", async () => {
  const { garden, call, signedIn, program } = await startApi();
  try {
    const { publishableKey } = garden.stack;
    const sub = crypto.randomUUID();
    const forged = signJwt({ role: "authenticated", sub, exp: 4_100_000_000 }, "another secret");
    const expired = signedIn(sub, { exp: 1_000_000_000 }).headers;
    for (const headers of [
      {},
      { apikey: publishableKey },
      { apikey: publishableKey, authorization: `Bearer ${publishableKey}` },
      { authorization: `Bearer ${forged}` },
      expired,
      signedIn(sub, { role: "anon" }).headers,
      signedIn(sub, { role: "service_role" }).headers,
    ]) {
      for (const door of ["/changes", "/conflicts", "/documents/parts/x.md"]) {
        const answer = await call(door, headers as Record<string, string>);
        assert.deepEqual(
          [answer.status, answer.body.error.code],
          [401, "UNAUTHORIZED"],
          JSON.stringify(headers),
        );
      }
    }
    assert.equal((await call("/changes", program)).status, 200);
    assert.equal((await call("/changes", signedIn(sub).headers)).status, 200);
    assert.equal((await call("/openapi.json")).status, 200);
  } finally {
    await garden.stop();
  }
});
