/** A server that ends a session at the worst moment: after one statement, before the next. */
import assert from "node:assert/strict";
import { type AddressInfo, createServer } from "node:net";
import { test } from "node:test";
import { openPostgres } from "./postgres-js.ts";

const message = (type: string, ...parts: (string | number[])[]) => {
  const body = Buffer.concat(parts.map((part) => Buffer.from(part as never)));
  const length = Buffer.alloc(4);
  length.writeUInt32BE(body.length + 4);
  return Buffer.concat([Buffer.from(type), length, body]);
};
const ready = (state: "I" | "T") => message("Z", state);
const done = (command: string) => message("C", `${command}\0`);
const LAST_WORDS = message("E", "SFATAL\0VFATAL\0C57P01\0Mterminating connection\0\0");

test("a commit that the server never saw is not taken for done", async () => {
  const server = createServer((socket) => {
    let isIn = false;
    socket.on("error", () => {});
    socket.on("data", (bytes) => {
      const text = bytes.toString("latin1");
      if (!isIn) {
        isIn = true;
        socket.write(Buffer.concat([message("R", [0, 0, 0, 0]), ready("I")]));
      } else if (text.includes("pg_catalog.pg_type"))
        socket.write(Buffer.concat([done("SELECT 0"), ready("I")]));
      // The answer, and in the same breath the end; what comes then reaches nobody.
      else if (text.includes("begin")) socket.write(Buffer.concat([done("BEGIN"), ready("T"), LAST_WORDS]));
      else socket.destroy();
    });
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const sql = openPostgres(
    `postgres://postgres@127.0.0.1:${(server.address() as AddressInfo).port}/postgres`,
  );
  try {
    await assert.rejects(
      sql.transaction(() => Promise.resolve()),
      { code: "57P01" },
    );
  } finally {
    await sql.close();
    server.close();
  }
});
