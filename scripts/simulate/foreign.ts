/** What people and programs beside Frontrow do to files and rows. Each deed is entered into the ledger. */
import { importFiles } from "../../shared/sync/import.ts";
import { type FileChange, keyOf, pathOf, type Row, type RowChange } from "./arena.ts";
import { type Command, DOCS, type Side, type Slot } from "./commands.ts";
import type { Rewrite } from "./ledger.ts";
import type { Scene } from "./scene.ts";
import { BAD, editedRow, editedText, freshText, rowText } from "./texts.ts";
import { engineOf } from "./watch.ts";

interface Deed {
  files?: FileChange[];
  rows?: RowChange[];
  rewrites: Rewrite[];
  /** Documents that go away on one side, or are replaced as a whole. */
  disturbs?: string[];
  deletes?: string[];
}

/** Carries out a deed, with the triggers off where that was asked for. */
export async function commit(scene: Scene, deed: Deed): Promise<void> {
  const { arena, ledger, watch } = scene;
  const write = async () => {
    if (deed.files?.length) await arena.files.write(deed.files);
    if (deed.rows?.length) await arena.rows.write(deed.rows);
  };
  const isBlind = scene.isBlind;
  scene.isBlind = false;
  if (isBlind) {
    await arena.blind(write);
    scene.unseen = true;
    scene.coverage.note("fault", "triggers off");
  } else await write();
  await arena.advance(1);
  ledger.rewrite(deed.rewrites);
  for (const { path } of deed.rewrites) watch.foreign(path);
  for (const path of deed.disturbs ?? []) ledger.disturbed.add(path);
  for (const path of deed.deletes ?? []) ledger.deleted.add(path);
}

export async function editFile(scene: Scene, doc: number, slot: Slot): Promise<void> {
  const path = scene.path(doc);
  await scene.heal();
  const before = await scene.arena.files.text(path);
  const after = editedText(before, slot, () => scene.ledger.token(path));
  await commit(scene, {
    files: [{ op: "put", path, text: after }],
    rewrites: [{ path, before: before ?? "", after }],
  });
}

export async function editRow(scene: Scene, doc: number, slot: Slot): Promise<void> {
  const { change, rewrite } = await rowEdit(scene, doc, slot);
  await commit(scene, { rows: [change], rewrites: [rewrite] });
}

export async function rowEdit(
  scene: Scene,
  doc: number,
  slot: Slot,
): Promise<{ change: RowChange; rewrite: Rewrite }> {
  const path = scene.path(doc);
  const before = await scene.arena.rows.row(path);
  const set = editedRow(before, slot, () => scene.ledger.token(path));
  const after = rowText({ ...(before ?? (set as Row)), ...set });
  return { change: { op: "put", path, set }, rewrite: { path, before: rowText(before), after } };
}

/** Two people at once, unaware of each other: the same value on both sides, or a value each. */
export async function editBoth(scene: Scene, doc: number, slot: Slot, same: boolean): Promise<void> {
  const { arena, ledger } = scene;
  const path = scene.path(doc);
  const [text, row] = [await arena.files.text(path), await arena.rows.row(path)];
  if (!same || text === null || row === null) {
    await editFile(scene, doc, slot);
    await editRow(scene, doc, slot);
    return;
  }
  const token = ledger.token(path);
  const after = editedText(text, slot, () => token);
  const set = editedRow(row, slot, () => token);
  const isTold = after.includes(token) && JSON.stringify(set).includes(token);
  await commit(scene, {
    files: [{ op: "put", path, text: after }],
    rows: [{ op: "put", path, set }],
    rewrites: [
      { path, before: text, after },
      { path, before: rowText(row), after: rowText({ ...row, ...set }) },
    ],
  });
  if (!isTold && !after.includes(token)) ledger.live.delete(token);
}

/** As a person's directory: an edit of the file that they have seen. What could not be brought in never was. */
export async function bringIn(scene: Scene, doc: number, slot: Slot): Promise<void> {
  const { arena, ledger, watch } = scene;
  const path = scene.path(doc);
  await scene.heal();
  const before = (await arena.files.text(path)) ?? "";
  const text = editedText(before || null, slot, () => ledger.token(path));
  const outcomes: string[] = [];
  watch.foreign(path);
  watch.actor = "import";
  await importFiles({
    ...engineOf(arena, watch),
    config: arena.config,
    cause: "import",
    files: [{ path, read: () => Promise.resolve(new TextEncoder().encode(text)) }],
    onResults: (part) => outcomes.push(...part.map(({ outcome }) => outcome)),
  });
  const isOut = /busy|stale|deferred|fenced|failed|quarantined|halted|conflict/;
  // Where the config leads elsewhere, the file is none of the collection's.
  const isIn = outcomes.length > 0 && !outcomes.some((outcome) => isOut.test(outcome));
  scene.coverage.note("import", isIn ? "in" : (outcomes[0] ?? "nothing"));
  if (isIn) ledger.rewrite([{ path, before, after: text }]);
  else ledger.forget(text, before);
}

export async function remove(scene: Scene, doc: number, kind: string): Promise<void> {
  const { arena, ledger } = scene;
  const path = scene.path(doc);
  const [text, row] = [await arena.files.text(path), await arena.rows.row(path)];
  const before = kind === "delete file" ? text : row && rowText(row);
  if (before === null) return;
  const isAgreed = text !== null && row !== null && (await scene.isQuiet());
  await commit(scene, {
    ...(kind === "delete file"
      ? { files: [{ op: "drop", path }] }
      : { rows: [{ op: kind === "hide row" ? "hide" : "delete", path }] }),
    rewrites: [{ path, before, after: "" }],
    disturbs: [path],
    deletes: [path],
  });
  if (isAgreed) ledger.gone.add(path);
}

/** Thrown away and made anew under the same name. */
export async function recreate(scene: Scene, doc: number, side: Side): Promise<void> {
  const { arena, ledger } = scene;
  const path = scene.path(doc);
  const token = () => ledger.token(path);
  await scene.heal();
  if (side === "file") {
    const before = await arena.files.text(path);
    const after = freshText(token);
    const files: FileChange[] = [{ op: "put", path, text: after }];
    if (before !== null) files.unshift({ op: "drop", path });
    await commit(scene, { files, rewrites: [{ path, before: before ?? "", after }], disturbs: [path] });
    return;
  }
  const before = await arena.rows.row(path);
  const set = editedRow(null, "name", token);
  const rows: RowChange[] = [{ op: "put", path, set }];
  if (before !== null) rows.unshift({ op: "delete", path });
  const rewrite = { path, before: rowText(before), after: rowText(set as Row) };
  await commit(scene, { rows, rewrites: [rewrite], disturbs: [path] });
}

/** Each document to the next one's name, all seen by the one who does it. `null`: to nowhere. */
export async function relocate(
  scene: Scene,
  side: Side,
  moves: readonly [from: string, to: string][],
): Promise<void> {
  const { arena } = scene;
  await scene.heal();
  const held = new Map<string, string>();
  const read = async (path: string) =>
    side === "file" ? await arena.files.text(path) : rowText(await arena.rows.row(path)) || null;
  for (const path of new Set(moves.flat())) {
    const content = await read(path);
    if (content !== null) held.set(path, content);
  }
  const present = moves.filter(([from]) => held.has(from));
  const real = present.filter(([, to]) => !held.has(to) || present.some(([from]) => from === to));
  if (real.length === 0) return;
  const after = new Map(held);
  const files: FileChange[] = [];
  const rows: RowChange[] = [];
  // Over a name of its own, so that each arrives where nothing is.
  const isCycle = real.every(([, to]) => real.some(([from]) => from === to));
  const waiting = pathOf(scene.user, scene.freshName());
  const steps: [string, string][] = isCycle
    ? [[real[0]![0], waiting], ...real.slice(1).reverse(), [waiting, real[0]![1]]]
    : [...real].reverse();
  for (const [from, to] of steps) {
    files.push({ op: "move", path: from, to });
    rows.push({ op: "rename", path: from, to });
  }
  for (const [from] of real) after.delete(from);
  for (const [from, to] of real) after.set(to, held.get(from)!);
  const touched = [...new Set(real.flat())];
  for (const path of isCycle ? [waiting] : []) scene.paths.push(path);
  for (const path of touched) if (!scene.paths.includes(path)) scene.paths.push(path);
  await commit(scene, {
    ...(side === "file" ? { files } : { rows }),
    rewrites: touched.map((path) => ({ path, before: held.get(path) ?? "", after: after.get(path) ?? "" })),
    disturbs: [...touched, ...(isCycle ? [waiting] : [])],
    deletes: [...touched.filter((path) => !after.has(path)), waiting],
  });
}

export function movesOf(scene: Scene, command: Command & { doc: number }): [string, string][] {
  const path = scene.path(command.doc);
  const next = scene.path((command.doc + 1) % DOCS);
  const fresh = () => pathOf(scene.user, scene.freshName());
  switch (command.do) {
    case "move":
      return [[path, pathOf(`${scene.user}b`, keyOf(path).slug)]];
    case "swap":
      return [
        [path, next],
        [next, path],
      ];
    case "chain":
      return [
        [path, next],
        [next, fresh()],
      ];
    default:
      return [[path, fresh()]];
  }
}

export async function spoilFile(scene: Scene, doc: number): Promise<void> {
  const path = scene.path(doc);
  await scene.heal();
  const before = (await scene.arena.files.text(path)) ?? "";
  await commit(scene, {
    files: [{ op: "put", path, text: BAD }],
    rewrites: [{ path, before, after: BAD }],
    disturbs: [path],
  });
}

/** A value that the table takes and the file's schema does not. */
export async function spoilRow(scene: Scene, doc: number): Promise<void> {
  const path = scene.path(doc);
  const row = await scene.arena.rows.row(path);
  if (row === null) return;
  const rewrite = { path, before: rowText(row), after: rowText({ ...row, tags: [""] }) };
  await commit(scene, {
    rows: [{ op: "put", path, set: { tags: [""] } }],
    rewrites: [rewrite],
    disturbs: [path],
  });
}
