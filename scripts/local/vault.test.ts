/** The vault: the calls Frontrow makes hold for the real extension, too. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { openTarget, withoutSql as skip, type Target } from "./test-target.ts";

let target: Target;
const name = `conformance_${crypto.randomUUID().slice(0, 8)}`;
const sql = (text: string, params: unknown[] = []) => target.sql!.query(text, params);

before(async () => {
  target = await openTarget();
});
after(async () => {
  await target.sql?.query("delete from vault.secrets where name = $1", [name]);
  await target.stop();
});

test("create, read, update; the stored form is not the value; a name is unique", { skip }, async () => {
  const [{ id }] = (await sql("select vault.create_secret('s3cret ü', $1, 'for a test') as id", [name])) as [
    { id: string },
  ];
  const read = async () =>
    (
      await sql("select decrypted_secret, description, secret from vault.decrypted_secrets where name = $1", [
        name,
      ])
    )[0]!;
  const first = await read();
  assert.deepEqual([first.decrypted_secret, first.description], ["s3cret ü", "for a test"]);
  assert.notEqual(first.secret, "s3cret ü");
  await sql("select vault.update_secret($1, 'changed')", [id]);
  const second = await read();
  assert.deepEqual([second.decrypted_secret, second.description], ["changed", "for a test"]);
  await assert.rejects(sql("select vault.create_secret('again', $1)", [name]), { code: "23505" });
});

test("anon and authenticated see nothing of it", { skip }, async () => {
  for (const role of ["anon", "authenticated"]) {
    await assert.rejects(
      target.sql!.transaction(async (tx) => {
        await tx.exec(`set local role ${role}`);
        await tx.query("select from vault.decrypted_secrets");
      }),
      { code: "42501" },
    );
  }
});
