import assert from "node:assert/strict";
import { test } from "node:test";
import { FrontrowError } from "../errors.ts";
import { decode, encode } from "./bytes.ts";

const utf8 = new TextEncoder();

function refusal(run: () => unknown): [code: string, rule?: string, line?: number] {
  try {
    run();
  } catch (error) {
    assert(error instanceof FrontrowError, String(error));
    return [error.code, error.rule, error.line];
  }
  throw new Error("nothing was refused");
}

test("a text's bytes come back: BOM, CRLF, lone CR, U+2028, emoji, nothing at all (H16, H17, H23)", () => {
  for (const text of [
    "",
    "\uFEFF---\r\na: 1\r\n---\r\n",
    "a\rb\n\r\n",
    "a\u2028b\u0085c",
    "👩‍🚀\u202e",
    " \n\t",
  ]) {
    assert.equal(decode(encode(text)), text);
    assert.deepEqual(encode(decode(utf8.encode(text))), utf8.encode(text));
  }
});

test("what is not UTF-8 is refused with its line (H15)", () => {
  assert.deepEqual(
    refusal(() => decode(new Uint8Array([97, 10, 98, 10, 0xe9, 10]))),
    ["NOT_UTF8", "not-utf8", 3],
  );
  assert.deepEqual(
    refusal(() => decode(new Uint8Array([0xed, 0xa0, 0x80]))),
    ["NOT_UTF8", "not-utf8", 1],
  );
  try {
    decode(new Uint8Array([0xff, 0xfe, 97, 0]));
    assert.fail();
  } catch (error) {
    assert.match((error as FrontrowError).hint ?? "", /UTF-16/);
  }
});

test("NUL, half a surrogate pair, LFS pointers and heavy files are refused (H13, H14, H18, H22)", () => {
  assert.deepEqual(
    refusal(() => decode(utf8.encode("a\nb\0c"))),
    ["NUL_BYTE", "nul-byte", 2],
  );
  assert.deepEqual(
    refusal(() => encode("a\n\n\ud800b")),
    ["NOT_WELL_FORMED", "lone-surrogate", 3],
  );
  const pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n";
  assert.deepEqual(
    refusal(() => decode(utf8.encode(pointer))),
    ["LFS_POINTER", "lfs-pointer", 1],
  );
  assert.deepEqual(
    refusal(() => decode(new Uint8Array(11), 10)),
    ["DOCUMENT_TOO_LARGE", "too-large", undefined],
  );
  assert.equal(decode(new Uint8Array(10).fill(97), 10), "a".repeat(10));
});
