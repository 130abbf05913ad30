/**
 * What Frontrow relies on in the Storage service, over HTTP through supabase-js only. Runs against the local stack, or
 * against any Supabase named by SUPABASE_URL and SUPABASE_SECRET_KEY. Triggers are in storage-triggers.test.ts.
 */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { after, before, test } from "node:test";
import { createClient } from "@supabase/supabase-js";
import { openTarget, type Target } from "./test-target.ts";

let target: Target;
const bucket = `conformance-${crypto.randomUUID().slice(0, 8)}`;
const bytes = (text: string) => new TextEncoder().encode(text);
const md5 = (text: string) => createHash("md5").update(text).digest("hex");
const files = () => target.client.storage.from(bucket);
const put = async (name: string, text: string, options = {}) => {
  const { data, error } = await files().upload(name, bytes(text), {
    contentType: "text/markdown",
    upsert: true,
    ...options,
  });
  assert.equal(error, null);
  return data!;
};
const read = async (name: string, options = {}) => {
  const { data, error } = await files().download(name, options);
  if (error) throw error;
  return await data.text();
};
const row = async (name: string) => {
  const { data, error } = await files().info(name);
  if (error) throw error;
  return data;
};
const refusal = (status: number, statusCode: string, message: string | RegExp) => (error: unknown) => {
  const {
    status: actual,
    statusCode: code,
    message: text,
  } = error as { status: number; statusCode: string; message: string };
  assert.deepEqual({ status: actual, code }, { status, code: statusCode });
  if (typeof message === "string") assert.equal(text, message);
  else assert.match(text, message);
  return true;
};
const notFound = refusal(400, "404", "Object not found");
const duplicate = refusal(400, "409", "The resource already exists");

before(async () => {
  target = await openTarget();
  assert.equal((await target.client.storage.createBucket(bucket)).error, null);
});
after(async () => {
  await target.client.storage.emptyBucket(bucket);
  await target.client.storage.deleteBucket(bucket);
  await target.stop();
});

test("upload answers path, id and full path; info has what the real service records", async () => {
  const { id, path, fullPath } = await put("parts/a.md", "hello");
  assert.deepEqual({ path, fullPath }, { path: "parts/a.md", fullPath: `${bucket}/parts/a.md` });
  const info = await row("parts/a.md");
  assert.deepEqual(
    {
      id: info.id,
      name: info.name,
      bucket: info.bucketId,
      size: info.size,
      type: info.contentType,
      cache: info.cacheControl,
      etag: info.etag,
    },
    {
      id,
      name: "parts/a.md",
      bucket,
      size: 5,
      type: "text/markdown",
      cache: "max-age=3600",
      etag: `"${md5("hello")}"`,
    },
  );
  assert.match(info.version, /^[0-9a-f-]{36}$/);
});

test("metadata in a listing has the keys and forms recorded from the real service", async () => {
  await put("recorded/a.md", "hello");
  const { data } = await files().list("recorded");
  const { metadata } = data![0]!;
  const { lastModified, ...rest } = metadata!;
  assert.deepEqual(rest, {
    eTag: `"${md5("hello")}"`,
    size: 5,
    mimetype: "text/markdown",
    cacheControl: "max-age=3600",
    contentLength: 5,
    httpStatusCode: 200,
  });
  assert.equal(new Date(lastModified).toISOString(), lastModified);
});

test("an overwrite keeps the id, makes a new version and serves the new bytes", async () => {
  const { id } = await put("over.md", "one");
  const one = await row("over.md");
  assert.equal((await put("over.md", "two")).id, id);
  const two = await row("over.md");
  assert.notEqual(one.version, two.version);
  assert.equal(two.etag, `"${md5("two")}"`);
  assert.equal(await read("over.md", { cacheNonce: two.version }), "two");
});

test("upsert: false refuses an existing name and leaves its bytes", async () => {
  await put("once.md", "one");
  const { error } = await files().upload("once.md", bytes("two"), { upsert: false });
  duplicate(error);
  assert.equal(await read("once.md"), "one");
});

test("two uploads with upsert: false at once: one wins", async () => {
  const answers = await Promise.all(
    ["a", "b", "c"].map((text) => files().upload("race.md", bytes(text), { upsert: false })),
  );
  assert.equal(answers.filter(({ error }) => error === null).length, 1);
  for (const { error } of answers) if (error) duplicate(error);
});

test("update replaces, and creates what is absent", async () => {
  await put("updated.md", "one");
  assert.equal((await files().update("updated.md", bytes("two"))).error, null);
  assert.equal(await read("updated.md"), "two");
  assert.equal((await files().update("fresh.md", bytes("new"))).error, null);
  assert.equal(await read("fresh.md"), "new");
});

test("user metadata: kept on move and copy, cleared by a plain overwrite", async () => {
  const metadata = { author: "Zoë", n: { deep: [1] } };
  await put("meta/a.md", "x", { metadata });
  assert.deepEqual((await row("meta/a.md")).metadata, metadata);
  await files().move("meta/a.md", "meta/b.md");
  assert.deepEqual((await row("meta/b.md")).metadata, metadata);
  await files().copy("meta/b.md", "meta/c.md");
  assert.deepEqual((await row("meta/c.md")).metadata, metadata);
  await put("meta/c.md", "y");
  assert.deepEqual((await row("meta/c.md")).metadata, {});
});

test("move: same row under a new name and version; the old name is gone", async () => {
  const { id } = await put("move/a.md", "moved");
  const before = await row("move/a.md");
  assert.equal((await files().move("move/a.md", "move/b.md")).error, null);
  const moved = await row("move/b.md");
  assert.equal(moved.id, id);
  assert.notEqual(moved.version, before.version);
  assert.equal(moved.etag, before.etag);
  assert.equal(await read("move/b.md"), "moved");
  await assert.rejects(read("move/a.md"), notFound);
});

test("move: of nothing is 404, onto something is a duplicate and changes neither", async () => {
  notFound((await files().move("move/absent.md", "move/x.md")).error);
  await put("move/c.md", "c");
  await put("move/d.md", "d");
  duplicate((await files().move("move/c.md", "move/d.md")).error);
  assert.deepEqual([await read("move/c.md"), await read("move/d.md")], ["c", "d"]);
});

test("copy: a row of its own with the same bytes; of nothing is 404; onto something is a duplicate", async () => {
  await put("copy/a.md", "same");
  const { data } = await files().copy("copy/a.md", "copy/b.md");
  assert.equal(data!.path, `${bucket}/copy/b.md`);
  const [a, b] = [await row("copy/a.md"), await row("copy/b.md")];
  assert.notEqual(a.id, b.id);
  assert.equal(a.etag, b.etag);
  assert.equal(await read("copy/b.md"), "same");
  notFound((await files().copy("copy/absent.md", "copy/x.md")).error);
  duplicate((await files().copy("copy/a.md", "copy/b.md")).error);
});

test("remove: one, many, and names that are not there, without error", async () => {
  for (const name of ["r/a.md", "r/b.md", "r/c.md"]) await put(name, name);
  const one = await files().remove(["r/a.md"]);
  assert.deepEqual(
    one.data!.map((file) => file.name),
    ["r/a.md"],
  );
  const many = await files().remove(["r/b.md", "r/c.md", "r/absent.md"]);
  assert.deepEqual(many.data!.map((file) => file.name).sort(), ["r/b.md", "r/c.md"]);
  assert.deepEqual(await files().remove(["r/absent.md"]), { data: [], error: null });
  await assert.rejects(read("r/b.md"), notFound);
});

test("remove takes exact names, never prefixes", async () => {
  await put("exact/a.md", "a");
  assert.deepEqual((await files().remove(["exact", "exact/"])).data, []);
  assert.equal(await read("exact/a.md"), "a");
});

test("download: absent is HTTP 400 whose body says 404", async () => {
  await assert.rejects(read("absent.md"), notFound);
  const response = await fetch(`${target.url}/storage/v1/object/${bucket}/absent.md`, {
    headers: { apikey: target.secretKey },
  });
  assert.equal(response.status, 400);
  const { statusCode, error, message } = await response.json();
  assert.deepEqual(
    { statusCode, error, message },
    { statusCode: "404", error: "not_found", message: "Object not found" },
  );
});

test("download: pinned to the current version serves it, to a replaced one is 404", async () => {
  await put("pinned.md", "one");
  const { version: one } = await row("pinned.md");
  await put("pinned.md", "two");
  const { version: two } = await row("pinned.md");
  assert.equal(await read("pinned.md", { versionId: two }), "two");
  await assert.rejects(read("pinned.md", { versionId: one }), notFound);
});

test("download: headers name the version served; If-None-Match answers 304", async () => {
  await put("headers.md", "body");
  const url = `${target.url}/storage/v1/object/authenticated/${bucket}/headers.md`;
  const headers = { apikey: target.secretKey };
  const response = await fetch(url, { headers });
  assert.equal(await response.text(), "body");
  const of = (name: string) => response.headers.get(name);
  assert.equal(of("etag")!.replace(/^W\//, ""), `"${md5("body")}"`);
  assert.equal(of("cache-control"), "max-age=3600");
  assert.equal(of("content-length"), "4");
  assert.match(of("content-type")!, /^text\/markdown/);
  assert.ok(Number.isFinite(Date.parse(of("last-modified")!)));
  const again = await fetch(url, { headers: { ...headers, "if-none-match": of("etag")! } });
  await again.body?.cancel();
  assert.equal(again.status, 304);
});

test("reads are never torn: while a name is overwritten, each body fits the ETag it came with", async () => {
  await put("torn.md", "start");
  const writes = Promise.all(Array.from({ length: 20 }, (_, i) => put("torn.md", `${i}`.repeat(500 + i))));
  let served = 0;
  for (let i = 0; i < 40; i++) {
    const response = await fetch(`${target.url}/storage/v1/object/${bucket}/torn.md?cacheNonce=${i}`, {
      headers: { apikey: target.secretKey },
    });
    const text = await response.text();
    if (!response.ok) continue; // the body may go while it is being looked for
    served++;
    assert.equal(response.headers.get("etag")!.replace(/^W\//, ""), `"${md5(text)}"`);
  }
  await writes;
  assert.ok(served > 0);
  assert.equal((await row("torn.md")).etag, `"${md5(await read("torn.md", { cacheNonce: "end" }))}"`);
});

test("list: folders have no id; default 100; search, sort, limit and offset", async () => {
  const names = ["l/b.md", "l/a.md", "l/sub/x.md", "l/sub/y.md", "l/Ab.md"];
  for (const name of names) await put(name, name);
  const list = async (options = {}) => (await files().list("l", options)).data!;
  assert.deepEqual(
    (await list()).map((file) => [file.name, file.id === null]),
    [
      ["a.md", false],
      ["Ab.md", false],
      ["b.md", false],
      ["sub", true],
    ],
  );
  assert.deepEqual(
    (await list({ search: "a" })).map((file) => file.name),
    ["a.md", "Ab.md"],
  );
  assert.deepEqual(
    (await list({ sortBy: { column: "name", order: "desc" } })).map((file) => file.name),
    ["sub", "b.md", "Ab.md", "a.md"],
  );
  assert.deepEqual(
    (await list({ limit: 1, offset: 1 })).map((file) => file.name),
    ["Ab.md"],
  );
  assert.deepEqual(
    (await files().list("l/sub")).data!.map((file) => file.name),
    ["x.md", "y.md"],
  );
  await Promise.all(Array.from({ length: 101 }, (_, i) => put(`hundred/${i}.md`, "x")));
  assert.equal((await files().list("hundred")).data!.length, 100);
});

test("info and exists tell an absent object from a present one", async () => {
  await put("there.md", "x");
  assert.equal((await files().exists("there.md")).data, true);
  assert.equal((await files().exists("not-there.md")).data, false);
  notFound((await files().info("not-there.md")).error);
});

test("a body may come as Blob, FormData, text or stream", async () => {
  const form = new FormData();
  form.append("cacheControl", "60");
  form.append("metadata", JSON.stringify({ from: "form" }));
  form.append("", new Blob(["form"], { type: "text/plain" }));
  await files().upload("kinds/form.md", form);
  await files().upload("kinds/blob.md", new Blob(["blob"], { type: "text/markdown" }), {
    cacheControl: "7",
    metadata: { a: 1 },
  });
  await files().upload("kinds/text.md", "text");
  await files().upload("kinds/stream.md", new Blob(["stream"]).stream(), { duplex: "half" });
  for (const kind of ["form", "blob", "text", "stream"]) assert.equal(await read(`kinds/${kind}.md`), kind);
  const blob = await row("kinds/blob.md");
  assert.deepEqual(
    [blob.contentType, blob.cacheControl, blob.metadata],
    ["text/markdown", "max-age=7", { a: 1 }],
  );
  assert.deepEqual((await row("kinds/form.md")).metadata, { from: "form" });
});

test("names: spaces and punctuation work, Unicode is refused with InvalidKey", async () => {
  const name = "odd/a b&c+d=e,f;g@h!(1)'$.md";
  await put(name, "odd");
  assert.equal(await read(encodeURI(name).replaceAll("+", "%2B")), "odd");
  for (const bad of ["ä.md", "a#b.md", "a%25b.md".replace("%25", "%"), "a[1].md", "a~b.md"]) {
    const response = await fetch(`${target.url}/storage/v1/object/${bucket}/${encodeURIComponent(bad)}`, {
      method: "POST",
      headers: { apikey: target.secretKey },
      body: "x",
    });
    const { message } = await response.json();
    assert.equal(response.status, 400, bad);
    assert.match(message, /Invalid key/, bad);
  }
});

test("buckets: create, get, list, update, refuse a duplicate, a missing one and a full one", async () => {
  const { storage } = target.client;
  const name = `${bucket}-b`;
  assert.equal(
    (await storage.createBucket(name, { public: false, fileSizeLimit: 10, allowedMimeTypes: ["text/*"] }))
      .error,
    null,
  );
  duplicate((await storage.createBucket(name)).error);
  const { data } = await storage.getBucket(name);
  assert.deepEqual([data!.public, data!.file_size_limit, data!.allowed_mime_types], [false, 10, ["text/*"]]);
  assert.ok((await storage.listBuckets()).data!.some((found) => found.id === name));
  refusal(
    400,
    "413",
    /maximum allowed size/,
  )((await storage.from(name).upload("a.md", bytes("12345678901"), { contentType: "text/plain" })).error);
  refusal(
    400,
    "415",
    /not supported/,
  )((await storage.from(name).upload("a.md", bytes("1"), { contentType: "image/png" })).error);
  await storage.from(name).upload("a.md", bytes("1"), { contentType: "text/plain" });
  refusal(400, "409", /not empty/)((await storage.deleteBucket(name)).error);
  await storage.updateBucket(name, { public: true });
  const open = await fetch(storage.from(name).getPublicUrl("a.md").data.publicUrl);
  assert.equal(await open.text(), "1");
  await storage.from(name).remove(["a.md"]);
  assert.equal((await storage.deleteBucket(name)).error, null);
  refusal(400, "404", "Bucket not found")((await storage.getBucket(name)).error);
  refusal(400, "404", "Bucket not found")((await storage.from(name).upload("a.md", bytes("1"))).error);
});

test("a signed link opens one object, a signed upload writes one; without a key there is nothing", async () => {
  await put("signed.md", "secret");
  const { data: link } = await files().createSignedUrl("signed.md", 60);
  assert.equal(await (await fetch(link!.signedUrl)).text(), "secret");
  const wrong = await fetch(link!.signedUrl.replace("signed.md?", "over.md?"));
  assert.equal(wrong.status, 400);
  await wrong.body?.cancel();
  notFound((await files().createSignedUrl("absent.md", 60)).error);
  const { data: leave } = await files().createSignedUploadUrl("by-link.md");
  const stranger = createClient(target.url, "sb_publishable_nobody").storage.from(bucket);
  assert.equal((await stranger.uploadToSignedUrl("by-link.md", leave!.token, bytes("linked"))).error, null);
  assert.equal(await read("by-link.md"), "linked");
  const naked = await fetch(`${target.url}/storage/v1/object/${bucket}/signed.md`);
  assert.equal(naked.ok, false);
  await naked.body?.cancel();
});
