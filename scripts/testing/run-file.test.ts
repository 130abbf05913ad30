import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { type Job, runFile } from "./run-file.ts";

const head = 'import { test, describe, it } from "node:test";\n';
const cases: [what: string, text: string, passed: number, failed: number][] = [
  ["good tests", 'describe("a", () => { it("1", () => {}); it("2", () => {}); });', 2, 0],
  ["one that fails", 'test("a", () => {}); test("b", () => { throw new Error("no"); });', 1, 1],
  ["a module that is missing", 'import "./there-is-none.ts"; test("a", () => {});', 0, 1],
  ["an error while it loads", 'throw new Error("no");', 0, 1],
  ["nothing", "", 0, 1],
];

describe("however a test file ends, its tests are counted", () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "frontrow-test-"));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  const runText = async (text: string, job: Partial<Job> = {}) => {
    const file = join(folder, `${crypto.randomUUID()}.test.ts`);
    await writeFile(file, head + text);
    return await runFile({ runner: "deno", ...job, file });
  };

  for (const runner of ["deno", "node"] as const) {
    for (const [what, text, passed, failed] of cases) {
      it(`${runner}: ${what}`, async () => {
        const { count, output } = await runText(text, { runner });
        assert.deepEqual({ passed: count.passed, failed: count.failed }, { passed, failed }, output);
      });
    }

    it(`${runner}: what it notes comes with it`, async () => {
      const note = join(import.meta.dirname!, "note.ts");
      const { notes } = await runText(`import { note } from "${note}"; test("a", () => note("H1 … ✓"));`, {
        runner,
      });
      assert.deepEqual(notes, ["H1 … ✓"]);
    });

    it(`${runner}: one that ends the process`, async () => {
      const { count } = await runText(
        'import process from "node:process"; test("a", () => process.exit(0));',
        { runner },
      );
      assert.ok(count.failed >= 1);
    });

    it(`${runner}: one that never ends`, async () => {
      const text = 'test("a", () => new Promise((resolve) => setTimeout(resolve, 1e6)));';
      const { count, output } = await runText(text, { runner, timeoutMs: 700 });
      assert.ok(count.failed >= 1);
      assert.match(output, /killed after 0\.7 s/);
    });
  }
});
