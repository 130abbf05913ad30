/** The doctor against a project that gets well step by step, and against what stands in for sick ones. */
import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { Finding } from "../doctor/finding.ts";
import { traitsFinding, traitsOf } from "../doctor/folder.ts";
import { clockFinding, sweepFinding } from "../doctor/origin.ts";
import { checkRuntime } from "../doctor/runtime.ts";
import { EXIT } from "./frame/exit.ts";
import { cli, folderOf, type Garden, type Ran, root, startGarden } from "./test-cli.ts";

let garden: Garden;
before(async () => {
  garden = await startGarden();
});
after(() => garden.stack.stop());

const statusOf = ({ json }: Ran): Record<string, string> =>
  Object.fromEntries(json.checks.map(({ check, status }: Finding) => [check, status]));
const find = ({ json }: Ran, check: string): Finding =>
  json.checks.find((one: Finding) => one.check === check);

test("nothing registered: that fails, with what to type; warnings alone end with 0", async () => {
  const sick = await garden.cli(["doctor", "--json"]);
  assert.equal(sick.code, EXIT.attention);
  assert.deepEqual([sick.json.ok, sick.json.failures], [false, 1]);
  assert.match(find(sick, "registration").hint!, /frontrow register/);
  assert.equal((await garden.cli(["register"])).code, EXIT.ok);
  const well = await garden.cli(["doctor", "--json"]);
  assert.equal(well.code, EXIT.ok, well.stdout);
  assert.deepEqual(statusOf(well), {
    runtime: "ok",
    "frontrow.yaml": "ok",
    config: "ok",
    "address and key": "ok",
    origin: "ok",
    clock: "ok",
    hub: "ok",
    registration: "ok",
    "bucket content": "warn",
    doorbell: "warn",
    sweep: "warn",
    attention: "ok",
    folder: "ok",
  });
  const told = await garden.cli(["doctor"]);
  for (const line of (await garden.cli(["doctor"], { columns: 80 })).stdout.split("\n")) {
    assert.ok(line.length <= 80 || !line.slice(26).includes(" "), line);
  }
  assert.match(told.stdout, /^ok {7}runtime [\s\S]*\nAll works\. 3 warnings\.\n$/);
});

test("what waits for a person is a warning; a sweep that ran is not", async () => {
  await garden.cli(["import", await folderOf({ "users/ann/parts/bad.md": "---\nname: [\n---\n" })]);
  await garden.stack.sql.query("select frontrow.sweep()");
  const { code, json } = await garden.cli(["doctor", "--json"]);
  const found = { code, json } as Ran;
  assert.deepEqual([code, find(found, "sweep").status], [EXIT.ok, "ok"]);
  assert.equal(find(found, "attention").message, "1 document in quarantine");
  assert.equal(find(found, "bucket content").status, "ok");
  await garden.stack.sql.query("update storage.buckets set public = true");
  assert.equal(find(await garden.cli(["doctor", "--json"]), "bucket content").status, "warn");
});

test("a key that is wrong, publishable or missing", async () => {
  const url = garden.stack.url;
  const wrong = await cli(["doctor", "--json", "--url", url, "--key", "sb_secret_wrong_0123"]);
  assert.equal(wrong.code, EXIT.attention);
  assert.deepEqual([statusOf(wrong).origin, statusOf(wrong).hub], ["ok", "fail"]);
  assert.match(find(wrong, "hub").hint!, /secret key/);
  assert.ok(!wrong.stdout.includes("wrong_0123"));
  const publishable = await cli(["doctor", "--json", "--url", url, "--key", garden.stack.publishableKey]);
  assert.equal(statusOf(publishable)["address and key"], "fail");
  const token = garden.stack.userToken({ sub: crypto.randomUUID() });
  const person = await cli(["doctor", "--json", "--url", url, "--key", token]);
  assert.deepEqual(
    [person.code, statusOf(person).hub],
    [EXIT.ok, "skipped"],
    "a person asks through the API",
  );
  const folder = await folderOf({ "frontrow.yaml": `origin: { url: "${url}", key: TEAM_KEY }\n` });
  const missing = await cli(["doctor", "--json"], { folder });
  assert.match(find(missing, "address and key").hint!, /^Set TEAM_KEY/);
  assert.equal(statusOf(missing).hub, "skipped");
});

test("a project file that is broken or old, a config that is none, a salt that is missing", async () => {
  const broken = await folderOf({ "frontrow.yaml": "orgin: 1\n" });
  const said = await cli(["doctor", "--json"], { folder: broken });
  assert.equal(said.code, EXIT.attention);
  assert.match(find(said, "frontrow.yaml").message, /line 1, column 1: "orgin"/);
  assert.equal(statusOf(said).config, "skipped");
  const folder = await folderOf({
    "frontrow.yaml": `stores:
  directory:
    watchEnabled: true
    entityTypes: [prats]
    scrub: { salt: TEAM_SALT, rules: [{ field: name, action: hash }] }
`,
  });
  const { environment } = garden;
  const old = await cli(["doctor", "--json"], { folder, environment });
  assert.deepEqual(
    ["frontrow.yaml", "config", "scrubbing"].map((check) => statusOf(old)[check]),
    ["warn", "fail", "fail"],
  );
  assert.match(find(old, "config").message, /prats/);
  assert.match(find(old, "scrubbing").message, /TEAM_SALT/);
  const none = await cli(["doctor", "--json", "--config", join(root, "nowhere.ts")], { environment });
  assert.deepEqual(
    [statusOf(none).config, statusOf(none).hub, statusOf(none).registration],
    ["fail", "ok", "skipped"],
  );
});

test("a database of another version, and nobody at all", async () => {
  const server = createServer((_, response) =>
    response
      .writeHead(400, { "content-type": "application/json", date: "Tue, 01 Jan 2030 00:00:00 GMT" })
      .end('{"code":"FR001","message":"frontrow: the database speaks protocol 2, the caller 1"}'),
  );
  await new Promise<void>((ready) => void server.listen(0, "127.0.0.1", ready));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  try {
    const newer = await cli(["doctor", "--json", "--url", url, "--key", "sb_secret_x"]);
    assert.deepEqual([statusOf(newer).hub, statusOf(newer).clock], ["fail", "warn"]);
    assert.match(find(newer, "hub").hint!, /migrations/);
    assert.match(find(newer, "clock").message, /behind the origin's/);
  } finally {
    server.close();
  }
  const gone = await cli(["doctor", "--json", "--url", url, "--key", "sb_secret_x"]);
  assert.equal(gone.code, EXIT.attention);
  assert.deepEqual(
    [statusOf(gone).origin, statusOf(gone).clock, statusOf(gone).hub],
    ["fail", "skipped", "skipped"],
  );
});

test("runtime, clock, sweep and file system, each as it may be", async () => {
  assert.equal(checkRuntime({ node: "22.13.0" }).status, "ok");
  assert.equal(checkRuntime({ node: "22.12.0" }).status, "fail");
  assert.equal(checkRuntime({ node: "20.19.0" }).status, "fail");
  assert.equal(checkRuntime({ node: "22.0.0", deno: "2.1.4" }).status, "ok");
  assert.equal(checkRuntime({ node: "26.0.0", deno: "1.46.0" }).status, "fail");
  const now = Date.parse("2026-11-21T10:00:00Z");
  assert.equal(clockFinding("Sat, 21 Nov 2026 10:00:10 GMT", now).status, "ok");
  assert.equal(clockFinding("Sat, 21 Nov 2026 09:00:00 GMT", now).message, "60 min ahead of the origin's");
  assert.equal(clockFinding(null, now).status, "skipped");
  assert.equal(sweepFinding("2026-11-21T09:59:30Z", now).status, "ok");
  assert.equal(sweepFinding("2026-11-21T09:00:00Z", now).status, "warn");
  assert.equal(sweepFinding(null, now).status, "warn");
  assert.deepEqual(traitsFinding({ case: false, unicode: false, asWritten: true }).status, "warn");
  const folder = await folderOf({});
  assert.deepEqual(Object.keys(await traitsOf(folder)), ["case", "unicode", "asWritten"]);
  const blocked = await cli(["doctor", "--json"], {
    folder: "/dev/null/below",
    environment: garden.environment,
  });
  assert.deepEqual([blocked.code, statusOf(blocked).folder], [EXIT.attention, "fail"]);
});
