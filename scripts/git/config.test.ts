import assert from "node:assert/strict";
import { test } from "node:test";
import type { FrontrowError } from "../../shared/errors.ts";
import { resolveGitConfig } from "./config.ts";

test("the defaults change nothing by themselves", () => {
  assert.deepEqual(resolveGitConfig(), {
    autoCommit: false,
    autoSync: false,
    autoPush: false,
    syncInterval: 300,
    skipExportCheck: true,
    message: "frontrow: {summary}",
  });
});

test("the two presets, and what is said beside them", () => {
  assert.deepEqual(resolveGitConfig({ preset: "manual commits" }), { ...resolveGitConfig(), autoPush: true });
  assert.deepEqual(resolveGitConfig({ preset: "full automation", syncInterval: 60, branch: "main" }), {
    ...resolveGitConfig(),
    autoCommit: true,
    autoSync: true,
    autoPush: true,
    syncInterval: 60,
    branch: "main",
  });
});

for (const [what, given, said] of [
  ["an unknown key", { autopush: true }, /"git".*autopush/],
  ["an unknown preset", { preset: "all" }, /"git\.preset".*"full automation"/],
  ["an interval that never rests", { syncInterval: 0 }, /"git\.syncInterval"/],
  ["a placeholder there is none of", { message: "{sumary}" }, /"git\.message".*\{sumary\}.*\{summary\}/],
] as const) {
  test(`refused: ${what}`, () => {
    assert.throws(
      () => resolveGitConfig(given),
      (error: FrontrowError) => {
        assert.equal(error.code, "CONFIG_INVALID");
        assert.match(error.message, said);
        return true;
      },
    );
  });
}
