import assert from "node:assert/strict";
import { test } from "node:test";
import { failureOf } from "./failures.ts";

const CASES: [says: string, code: string, rule: string, retryable: boolean][] = [
  [
    "fatal: unable to access 'https://example.org/x.git/': Could not resolve host: example.org",
    "STORE_UNAVAILABLE",
    "remote-unreachable",
    true,
  ],
  [
    "ssh: connect to host example.org port 22: Connection timed out\nfatal: Could not read from remote repository.",
    "STORE_UNAVAILABLE",
    "remote-unreachable",
    true,
  ],
  [
    "git@example.org: Permission denied (publickey).\nfatal: Could not read from remote repository.",
    "UNAUTHORIZED",
    "remote-refused-us",
    false,
  ],
  [
    "fatal: could not read Username for 'https://example.org': terminal prompts disabled",
    "UNAUTHORIZED",
    "remote-refused-us",
    false,
  ],
  [
    "fatal: unable to access 'https://example.org/x.git/': The requested URL returned error: 403",
    "UNAUTHORIZED",
    "remote-refused-us",
    false,
  ],
  [
    "fatal: unable to access 'https://example.org/x.git/': The requested URL returned error: 503",
    "STORE_UNAVAILABLE",
    "remote-unreachable",
    true,
  ],
  [
    "fatal: Unable to create '/x/.git/index.lock': File exists.\n\nAnother git process seems to be running",
    "STORE_UNAVAILABLE",
    "locked",
    true,
  ],
  [
    "fatal: update_ref failed for ref 'refs/heads/main': cannot lock ref 'refs/heads/main': is at a but expected b",
    "REPLICA_MOVED",
    "ref-moved",
    true,
  ],
  ["fatal: not a git repository (or any of the parent directories): .git", "USAGE", "no-repository", false],
  ["fatal: detected dubious ownership in repository at '/x'", "USAGE", "dubious-ownership", false],
];

for (const [stderr, code, rule, retryable] of CASES) {
  test(`${code} ${rule}: ${stderr.split("\n")[0]}`, () => {
    const error = failureOf("fetch", { code: 128, stdout: new Uint8Array(), stderr });
    assert.deepEqual([error.code, error.rule, error.retryable], [code, rule, retryable]);
  });
}

test("what git says is quoted in one line, without the secrets of an address", () => {
  const stderr =
    "warning: x\nfatal: repository 'https://me:hunter2@example.org/x.git/' \u001b[31mnot found\n";
  const { message } = failureOf("fetch", { code: 128, stdout: new Uint8Array(), stderr });
  assert.equal(
    message,
    "\"git fetch\" failed (128): fatal: repository 'https://example.org/x.git/' [31mnot found",
  );
});
