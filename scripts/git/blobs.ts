/** Contents: read by one long-lived `git cat-file`, written by one command for many, named as git names them. */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { SETTINGS } from "./environment.ts";
import { failureOf, unusable } from "./failures.ts";
import type { ObjectId, Repository } from "./repository.ts";

export interface BlobReader {
  /**
   * A blob's bytes. With `path` as a checkout would write them there: line endings and filters applied.
   * @throws {FrontrowError} as git's commands do.
   */
  read(id: ObjectId, path?: string): Promise<Uint8Array>;
  close(): void;
}

/** Starts git at the first read; close it. */
export function openBlobs({ git }: Pick<Repository, "git">): BlobReader {
  let raw: Answers | null = null;
  let filtered: Answers | null = null;
  return {
    read(id, path) {
      if (path === undefined) {
        raw ??= ask(git.folder, git.env, ["cat-file", "--batch"]);
        return raw.next(id);
      }
      filtered ??= ask(git.folder, git.env, ["cat-file", "--batch", "--filters"]);
      return filtered.next(`${id} ${path}`);
    },
    close() {
      raw?.close();
      filtered?.close();
    },
  };
}

interface Answers {
  next(question: string): Promise<Uint8Array>;
  close(): void;
}

function ask(cwd: string, env: Record<string, string>, args: readonly string[]): Answers {
  const child: ChildProcessWithoutNullStreams = spawn("git", [...SETTINGS, ...args], { cwd, env });
  const waiting: { done(content: Uint8Array): void; fail(error: unknown): void }[] = [];
  let buffer: Uint8Array = new Uint8Array(0);
  let stderr = "";
  let failure: unknown = null;
  const failAll = (error: unknown) => {
    failure ??= error;
    for (const { fail } of waiting.splice(0)) fail(failure);
  };
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
    stderr = (stderr + chunk).slice(-4096);
  });
  child.stdin.on("error", () => undefined); // its end says why
  child.once("error", (error) => failAll(unusable(error)));
  child.once("close", (code) =>
    failAll(failureOf("cat-file", { code: code ?? 128, stdout: buffer, stderr })),
  );
  child.stdout.on("data", (chunk: Uint8Array) => {
    buffer = buffer.length === 0 ? chunk : Buffer.concat([buffer, chunk]);
    for (;;) {
      const end = buffer.indexOf(10);
      if (end < 0) return;
      const header = new TextDecoder().decode(buffer.subarray(0, end));
      const size = / (\d+)$/.exec(header)?.[1];
      if (size === undefined) {
        buffer = buffer.subarray(end + 1);
        waiting.shift()?.fail(failureOf("cat-file", { code: 1, stdout: buffer, stderr: `error: ${header}` }));
        continue;
      }
      const from = end + 1;
      const to = from + Number(size);
      if (buffer.length < to + 1) return;
      waiting.shift()?.done(new Uint8Array(buffer.subarray(from, to)));
      buffer = buffer.subarray(to + 1);
    }
  });
  return {
    next: (question) =>
      new Promise((done, fail) => {
        if (failure !== null) return fail(failure);
        waiting.push({ done, fail });
        child.stdin.write(`${question}\n`);
      }),
    close: () => child.stdin.end(),
  };
}

/** The id git gives these very bytes. */
export function blobIdOf({ hash }: Pick<Repository, "hash">, bytes: Uint8Array): ObjectId {
  return createHash(hash).update(`blob ${bytes.length}\0`).update(bytes).digest("hex");
}

/** Which of these blobs a file with these bytes is: as it is, or after what git does to files of that path; null: none. */
export async function blobOf(
  repository: Pick<Repository, "git" | "hash">,
  path: string,
  bytes: Uint8Array,
  ids: readonly ObjectId[],
): Promise<ObjectId | null> {
  const plain = blobIdOf(repository, bytes);
  if (ids.includes(plain) || ids.length === 0) return ids.length === 0 ? null : plain;
  const taken = await repository.git.text(["hash-object", "--stdin", "--path", path], { input: bytes });
  return ids.includes(taken) ? taken : null;
}

/** Puts one content into the repository, byte for byte. */
export async function writeBlob({ git }: Pick<Repository, "git">, bytes: Uint8Array): Promise<ObjectId> {
  return await git.text(["hash-object", "-w", "--stdin", "--no-filters"], { input: bytes });
}
