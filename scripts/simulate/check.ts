/** What must hold between files, rows and the hub's own word, looked at from outside. */
import { readRow, readText } from "../../shared/sync/binding.ts";
import type { Scene } from "./scene.ts";

export class Violation extends Error {
  override readonly name = "Violation";
}

export function assertThat(holds: boolean, what: string): asserts holds {
  if (!holds) throw new Violation(what);
}

/** What the watch saw while calls were under way. */
export function assertUnbroken({ watch }: Scene): void {
  const [first] = watch.violations;
  if (first) throw new Violation(first);
}

/** Both sides of a document say the same. Answers what they say, for the search of tokens. */
export async function assertSame(scene: Scene, path: string, context: string): Promise<string | null> {
  const { arena } = scene;
  const text = await arena.files.text(path);
  const wire = await arena.rows.wire(path);
  // Nobody can say what a lost body said.
  if (text === null && (await arena.files.exists(path))) return null;
  assertThat(
    (text === null) === (wire === null),
    `${context}: ${path} is only ${text === null ? "a row" : "a file"}`,
  );
  if (text === null || wire === null) return null;
  const binding = arena.bindings.get("parts")!;
  const file = readText(binding, text);
  const row = readRow(binding, wire);
  for (const [column, value] of Object.entries(row.fields)) {
    const said = file.fields[column] ?? null;
    assertThat(
      JSON.stringify(said) === JSON.stringify(value),
      `${context}: "${column}" of ${path} is ${JSON.stringify(said)} in the file and ${JSON.stringify(value)} in the row`,
    );
  }
  assertThat(
    file.body === row.body,
    `${context}: the bodies of ${path} differ: ${JSON.stringify([file.body, row.body])}`,
  );
  return text + JSON.stringify(row);
}

/** Status never says that all is well while it is not (I20), which is also to say that nothing was overlooked (I9). */
export async function checkStatus(scene: Scene): Promise<void> {
  assertUnbroken(scene);
  if (!(await scene.isQuiet())) return;
  scene.watch.count("I20 status");
  for (const path of scene.paths) await assertSame(scene, path, "I20: status says that nothing waits");
}
