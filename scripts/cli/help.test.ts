/** What `--help` says: for every verb, in 80 columns, with examples that are command lines of ours. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { createProgram } from "./frame/program.ts";
import { cli } from "./test-cli.ts";
import { verbs } from "./verbs.ts";

test("help fits a terminal of 80 columns", async () => {
  for (const argv of [["--help"], ...verbs.map(({ name }) => [name, "--help"])]) {
    for (const columns of [80, 200]) {
      const { stdout } = await cli(argv, { columns });
      const wide = stdout.split("\n").filter((line) => line.length > 80);
      assert.deepEqual(wide, [], argv.join(" "));
      assert.ok(stdout.length > 200);
    }
  }
});

test("every verb's help ends with two examples, as the person starts the program", async () => {
  for (const { name } of verbs) {
    const { stdout } = await cli([name, "--help"], { program: "npx frontrow" });
    const [, first, second] = /\n\nExamples:\n {2}(.+)\n {2}(.+)\n$/.exec(stdout) ?? [];
    for (const example of [first, second])
      assert.match(example ?? "", new RegExp(`npx frontrow ${name}(?: |\\)|$)`));
    assert.notEqual(first, second);
  }
});

test("the examples are command lines that the program takes", async () => {
  const io = { columns: 80, program: "frontrow", stdout() {}, stderr() {} };
  for (const { name, examples } of verbs) {
    for (const example of examples) {
      const ran: string[] = [];
      const program = createProgram(io as never, { text: "" }, async (verb) => void ran.push(verb.name));
      const line = /frontrow ([^>&)]*)/.exec(example)![1]!;
      const argv = line.match(/"[^"]*"|\S+/g)!.map((word) => word.replaceAll('"', ""));
      await program.parseAsync(argv, { from: "user" });
      assert.deepEqual(ran, [name], example);
    }
  }
});
