import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { FrontrowError } from "../../shared/errors.ts";
import { loadContent, totalsOf } from "./load.ts";
import { findContent, findExample, openProject, type Project } from "./project.ts";

describe("npm start", () => {
  let project: Project;
  before(async () => {
    const example = await findExample("garden");
    project = await openProject({ example, dataDir: "memory" });
    await loadContent(project, await findContent(example));
  });
  after(() => project.stop());

  test("the doorbell alone turns every file into a row", async () => {
    await until(async () => (await totalsOf(project)).pending === 0);
    const { documents, rows, conflicts, quarantined } = await totalsOf(project);
    assert.ok(documents >= 20);
    assert.deepEqual({ rows, conflicts, quarantined }, { rows: documents, conflicts: 0, quarantined: 0 });
  });

  test("an edit of a row changes one line of its file, an edit of the file its row", async () => {
    const path = "users/ada/parts/the-critic.md";
    const before = await served(path);
    await project.stack.sql.query(
      "update public.parts set charge = 0.9 where user_id = 'ada' and slug = 'the-critic'",
    );
    await until(async () => (await served(path)) !== before);
    const changed = changedLines(before, await served(path));
    assert.deepEqual(changed, ["charge: 0.9"]);

    const text = (await served(path)).replace("charge: 0.9", "charge: 0.1");
    const { error } = await project.client.storage
      .from("content")
      .upload(path, new TextEncoder().encode(text), { upsert: true, contentType: "text/markdown" });
    assert.equal(error, null);
    await until(async () => {
      const [row] = await project.stack.sql.query<{ charge: string }>(
        "select charge::text from public.parts where user_id = 'ada' and slug = 'the-critic'",
      );
      return row?.charge === "0.1";
    });
    assert.equal(await served(path), text);
  });

  test("loading again uploads nothing, so that edits are kept", async () => {
    assert.equal(await loadContent(project, await findContent(await findExample("garden"))), 0);
  });

  async function served(path: string): Promise<string> {
    const { data } = await project.client.storage
      .from("content")
      .download(path, { cacheNonce: crypto.randomUUID() });
    return (await data?.text()) ?? "";
  }
});

test("an example or a folder there is none of is said", async () => {
  await assert.rejects(
    findExample("../garden"),
    (error) => error instanceof FrontrowError && error.code === "USAGE",
  );
  await assert.rejects(findExample("absent"), /no example "absent"/);
  await assert.rejects(findContent(await findExample("eips"), "absent"), /no folder "absent"/);
});

function changedLines(before: string, after: string): string[] {
  const old = before.split("\n");
  const now = after.split("\n");
  assert.equal(now.length, old.length);
  return now.filter((line, index) => line !== old[index]);
}

async function until(isTrue: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 30_000;
  while (!(await isTrue())) {
    if (performance.now() > deadline) throw new Error("it did not come true within 30 s");
    await new Promise((done) => setTimeout(done, 5));
  }
}
