/** Many small files, made up. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pooled } from "../../../shared/sync/pool.ts";

/** Files in one folder. */
const TOGETHER = 1000;

/** Writes `count` files of some 300 bytes below `folder`. */
export async function writeSmallFiles(folder: string, count: number): Promise<void> {
  for (let first = 0; first < count; first += TOGETHER) {
    const below = join(folder, `part${first / TOGETHER}`);
    await mkdir(below, { recursive: true });
    const numbers = Array.from({ length: Math.min(TOGETHER, count - first) }, (_, index) => first + index);
    await pooled(numbers, 16, (number) => writeFile(join(below, `note-${number}.md`), textOf(number)));
  }
}

function textOf(number: number): string {
  return `---
title: Note ${number}
tags: [red, green]
status: ${number % 3 === 0 ? "active" : "resting"}
created: 2024-01-${String((number % 28) + 1).padStart(2, "0")}
---

This is the body of note ${number}. It says little, in two sentences.

- one of ${number}
- another one, which is [linked](https://example.com/notes/${number})
`;
}
