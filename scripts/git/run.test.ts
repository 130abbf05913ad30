import assert from "node:assert/strict";
import { access } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { FrontrowError } from "../../shared/errors.ts";
import { createGit } from "./run.ts";
import { startWorld, type World } from "./test-repository.ts";

let world: World;
before(async () => {
  world = await startWorld();
});
after(() => world.end());

/** A git command that waits, in a process of git's own. */
const WAIT = ["-c", "alias.wait=!sleep 60", "wait"];

test("what does not end in time is ended, with all it started, and can be tried again", async () => {
  const git = createGit({ folder: world.folder });
  const started = performance.now();
  await assert.rejects(git.run(WAIT, { patience: 200 }), (error: FrontrowError) => {
    assert.deepEqual([error.code, error.rule, error.retryable], ["STORE_UNAVAILABLE", "timeout", true]);
    return true;
  });
  assert.ok(performance.now() - started < 10_000);
});

test("told to stop, it stops with the signal's reason, at once or before it begins", async () => {
  const stop = new AbortController();
  const git = createGit({ folder: world.folder, signal: stop.signal });
  const running = git.run(WAIT);
  stop.abort(new Error("enough"));
  await assert.rejects(running, /enough/);
  await assert.rejects(git.run(["version"]), /enough/);
});

test("nothing of the caller's environment points it elsewhere, asks a person or changes the language", async () => {
  const clone = await world.clone("mine");
  const other = await world.clone("other");
  const environment = {
    ...process.env,
    GIT_DIR: join(other.folder, ".git"),
    GIT_WORK_TREE: other.folder,
    GIT_INDEX_FILE: join(other.folder, ".git/other-index"),
    GIT_TERMINAL_PROMPT: "1",
    SSH_ASKPASS: "/bin/true",
    LANGUAGE: "de",
    GIT_SSH_COMMAND: "ssh -i key",
  };
  const git = createGit({ folder: clone.folder, environment });
  assert.equal(await git.text(["rev-parse", "--show-toplevel"]), clone.folder);
  assert.deepEqual(
    [
      git.env.GIT_INDEX_FILE,
      git.env.GIT_TERMINAL_PROMPT,
      git.env.SSH_ASKPASS,
      git.env.LC_ALL,
      git.env.LANGUAGE,
      git.env.GIT_SSH_COMMAND,
    ],
    [undefined, "0", undefined, "C", undefined, "ssh -i key"],
  );
});

test("an address that is a command is not run", async () => {
  const clone = await world.clone("command");
  const made = join(world.folder, "made");
  clone.git("remote", "add", "origin", `ext::sh -c touch% ${made}`);
  clone.git("config", "protocol.ext.allow", "always");
  const git = createGit({ folder: clone.folder });
  await assert.rejects(git.run(["fetch", "origin"]));
  await assert.rejects(access(made));
});
