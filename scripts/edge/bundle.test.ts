import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { loadContent } from "../start/load.ts";
import { findContent, findExample, openProject, type Project, ROOT } from "../start/project.ts";
import { captureBundles, type RunningBundle, startBundle } from "./bundle.ts";
import type { Upload } from "./management-stub.ts";

let uploads: Upload[];
const upload = (slug: string) => uploads.find((one) => one.slug === slug)!;

before(async () => {
  uploads = await captureBundles("frontrow-sync", "frontrow-ingest", "frontrow-api");
});

describe("what supabase functions deploy uploads", () => {
  it("is every function, without a check of JWTs that most callers do not have", () => {
    assert.deepEqual(uploads.map(({ slug }) => slug).sort(), [
      "frontrow-api",
      "frontrow-ingest",
      "frontrow-sync",
    ]);
    for (const { metadata } of uploads) assert.equal(metadata.verify_jwt, false);
  });

  it("is source files of this project, unchanged, and nothing else", async () => {
    for (const { files } of uploads) {
      for (const [name, bytes] of files) {
        assert.match(name, /^(functions|shared|examples)\/[\w./-]+$|^frontrow\.config\.ts$/);
        assert.doesNotMatch(name, /\.test\.ts$/);
        assert.equal(new TextDecoder().decode(bytes), await readFile(join(ROOT, name), "utf8"), name);
      }
    }
  });
});

describe("the uploaded worker, on the Edge Runtime's Deno, in an empty folder", () => {
  const hookToken = "a-token-for-this-test";
  let project: Project;
  let bundle: RunningBundle;
  let planted: number;

  const wake = (token?: string, query = "?wait") =>
    fetch(`${bundle.url}/frontrow-sync${query}`, {
      method: "POST",
      headers: token ? { "x-frontrow-token": token } : {},
    });
  const parts = () =>
    project.stack.sql.query<{ slug: string; name: string }>(
      "select slug, name from public.parts where deleted_at is null",
    );

  before(async () => {
    const example = await findExample("garden");
    project = await openProject({ example, dataDir: "memory" });
    // Only the bundle may work here: the function that the project mounts in this process is taken away.
    project.stack.mount("frontrow-sync", () => new Response("not this one", { status: 500 }));
    planted = await loadContent(project, await findContent(example));
    bundle = await startBundle(upload("frontrow-sync"), {
      ...project.stack.env,
      FRONTROW_HOOK_TOKEN: hookToken,
    });
  });
  after(async () => {
    await bundle?.stop();
    await project?.stop();
  });

  it("refuses who brings no token, or another", async () => {
    for (const token of [undefined, "another"]) {
      const response = await wake(token);
      assert.equal(response.status, 401);
      await response.body?.cancel();
    }
    assert.equal((await parts()).length, 0);
  });

  it("drains the garden", async () => {
    const response = await wake(hookToken);
    const text = await response.text();
    assert.equal(response.status, 200, `${text}\n${bundle.output()}`);
    assert.ok(planted >= 20);
    assert.equal((await parts()).length, planted, `${text}\n${bundle.output()}`);
  });

  it("is woken by the doorbell, and writes rows back into files", async () => {
    await project.stack.sql.query(
      "select vault.update_secret(id, $1) from vault.secrets where name = 'frontrow_functions_url'",
      [bundle.url],
    );
    await project.stack.sql.query(
      "select vault.update_secret(id, $1) from vault.secrets where name = 'frontrow_hook_token'",
      [hookToken],
    );
    const [row] = await parts();
    const [{ user_id }] = (await project.stack.sql.query<{ user_id: string }>(
      "update public.parts set name = 'Written as a row' where slug = $1 returning user_id",
      [row!.slug],
    )) as [{ user_id: string }];
    const file = () =>
      project.client.storage.from(project.bucketName).download(`users/${user_id}/parts/${row!.slug}.md`);
    let text = "";
    for (let tries = 0; tries < 600 && !text.includes("Written as a row"); tries++) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      text = (await (await file()).data?.text()) ?? "";
    }
    assert.match(text, /^name: Written as a row$/m, bundle.output());
  });

  it("starts the webhooks' function too", async () => {
    const ingest = await startBundle(upload("frontrow-ingest"), project.stack.env);
    try {
      const response = await fetch(`${ingest.url}/frontrow-ingest/events`, { method: "POST", body: "{}" });
      assert.equal(response.status, 401);
      await response.body?.cancel();
    } finally {
      await ingest.stop();
    }
  });

  it("and the peers'", async () => {
    const api = await startBundle(upload("frontrow-api"), project.stack.env);
    const changes = (headers: Record<string, string>) =>
      fetch(`${api.url}/frontrow-api/changes?limit=1&texts=false`, { headers });
    try {
      const stranger = await changes({});
      assert.equal(stranger.status, 401);
      await stranger.body?.cancel();
      const callers: Record<string, string>[] = [
        { apikey: project.stack.secretKey },
        { authorization: `Bearer ${project.stack.userToken({ sub: crypto.randomUUID() })}` },
      ];
      for (const headers of callers) {
        const response = await changes(headers);
        const text = await response.text();
        assert.equal(response.status, 200, `${text}\n${api.output()}`);
        assert.equal(JSON.parse(text).items.length, "apikey" in headers ? 1 : 0);
      }
    } finally {
      await api.stop();
    }
  });
});
