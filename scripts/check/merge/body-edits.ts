/** Two sides' random edits of one body, and what must come of them where they have nothing to do with each other. */
import { edited, type LineEdit, lineEdit, type Token } from "./line-edits.ts";
import { type Outline, outlineOf } from "./outline.ts";
import type { Random } from "./random.ts";

export interface BodyEdits {
  kind: string;
  ours: string;
  theirs: string;
  /** Whether the edits are apart by construction: they must merge. */
  isApart: boolean;
  /** The body that has both sides' edits; null: tokens must do. */
  expected: string | null;
  /** Whether a section went: which blank lines go with it nobody can say. */
  isBlankFree?: boolean;
  /** Lines nobody touched, in order. */
  untouched: readonly string[];
}

type Maker = (outline: Outline, random: Random, token: Token) => BodyEdits | null;

/** Random edits of `body` by two sides; null when this body did not offer what was drawn, four times. */
export function bodyEdits(body: string, random: Random, token: Token): BodyEdits | null {
  const outline = outlineOf(body);
  for (let tries = 4; tries > 0; tries--) {
    const edits = random.pick(MAKERS)(outline, random, token);
    if (edits) return edits;
  }
  return null;
}

const MAKERS: readonly Maker[] = [
  farLines,
  farLines,
  otherSections,
  otherSections,
  movedSection,
  addedSections,
  removedSection,
  otherEndings,
  anything,
  anything,
];

/** Edits of lines with at least three others between them. */
function farLines(outline: Outline, random: Random, token: Token): BodyEdits | null {
  const { lines } = outline;
  if (lines.length < 8) return null;
  const at = 2 + random.below(lines.length - 6);
  return lineEdits(
    "far lines",
    true,
    outline,
    [
      [0, at],
      [at + 3, lines.length],
    ],
    random,
    token,
  );
}

/** Edits under different headings, also right before and after a heading. */
function otherSections(outline: Outline, random: Random, token: Token): BodyEdits | null {
  const [one, other] = twoOf(outline.sections, random) ?? [];
  if (!one || !other) return null;
  return lineEdits(
    "other sections",
    true,
    outline,
    [
      [one.start, one.end],
      [other.start, other.end],
    ],
    random,
    token,
  );
}

/** One side puts a section somewhere else, the other edits any section. */
function movedSection(outline: Outline, random: Random, token: Token): BodyEdits | null {
  const { lines, sections } = outline;
  if (sections.length < 2 || !lines.at(-1)!.endsWith("\n")) return null;
  const place = random.pick(sections);
  const edit = lineEdit(outline, [place.start, place.end], random, token);
  const [from, to] = [random.below(sections.length), random.below(sections.length)];
  if (!edit || from === to) return null;
  // Section by section, so that the edit goes where its section goes.
  const moved = (edits: readonly LineEdit[]) => {
    const chunks = sections.map((section) => within(lines, section, section === place ? edits : []));
    const [chunk] = chunks.splice(from, 1);
    chunks.splice(to, 0, chunk!);
    return [...lines.slice(0, sections[0]!.start), ...chunks.flat()].join("");
  };
  const texts = { ours: moved([]), theirs: edited(lines, [edit]).join(""), expected: moved([edit]) };
  return { kind: "moved section", isApart: true, isBlankFree: true, untouched: [], ...texts };
}

/** Both put a new section somewhere, now and then in the same place. */
function addedSections(outline: Outline, random: Random, token: Token): BodyEdits | null {
  const { lines, sections } = outline;
  if (sections.length === 0 || !lines.at(-1)!.endsWith("\n")) return null;
  const places = sections.map(({ start }) => start);
  const ending = lines[0]!.endsWith("\r\n") ? "\r\n" : "\n";
  const added = (at: number): LineEdit => {
    const texts = [`## ${token()}`, "", token(), ""];
    return { start: at, end: at, lines: texts.map((text) => text + ending) };
  };
  const [one, other] = [added(random.pick(places)), added(random.pick(places))];
  return togetherOf("added sections", true, outline, [one], [other], one.start === other.start);
}

/** One side takes a section out, the other edits another one, or that very one. */
function removedSection(outline: Outline, random: Random, token: Token): BodyEdits | null {
  const [one, other] = twoOf(outline.sections, random) ?? [];
  if (!one || !other) return null;
  const isSame = random.chance(0.3);
  const place = isSame ? one : other;
  const edit = lineEdit(outline, [place.start, place.end], random, token);
  if (!edit) return null;
  const removal = { ...one, lines: [] };
  return { ...togetherOf("removed section", !isSame, outline, [removal], [edit], isSame), isBlankFree: true };
}

/** One side saves the body with other line endings or without the last one, the other edits lines. */
function otherEndings(outline: Outline, random: Random, token: Token): BodyEdits | null {
  const body = outline.lines.join("");
  const edit = lineEdit(outline, [0, outline.lines.length], random, token);
  if (!edit || !/^(?:[^\r\n]*\n)*[^\r\n]*$/.test(body)) return null;
  const isFinal = random.chance(0.5);
  const change = (text: string) => {
    if (!isFinal) return text.replaceAll("\n", "\r\n");
    return body.endsWith("\n") ? text.replace(/\n$/, "") : `${text}\n`;
  };
  const theirs = edited(outline.lines, [edit]).join("");
  // An edit of the last lines says something about the end as well.
  const isApart = !isFinal || edit.end < outline.lines.length - 2;
  const texts = { ours: change(body), theirs, expected: isApart ? change(theirs) : null };
  return { kind: "line endings", isApart, untouched: [], ...texts };
}

/** Edits anywhere, of the same lines too, and headings put in between. */
function anything(outline: Outline, random: Random, token: Token): BodyEdits | null {
  const { lines } = outline;
  if (lines.length === 0) return null;
  const side = () => {
    const edits: LineEdit[] = [];
    for (let count = 1 + random.below(3); count > 0; count--) {
      const at = random.below(lines.length);
      const isHeading = random.chance(0.2) && lines[at]!.endsWith("\n");
      const edit = isHeading
        ? { start: at, end: at, lines: [`## ${token()}\n`] }
        : lineEdit(outline, [at, Math.min(lines.length, at + 4)], random, token);
      if (edit && edits.every((each) => each.end < edit.start || edit.end < each.start)) edits.push(edit);
    }
    return edits;
  };
  return togetherOf("anything", false, outline, side(), side(), true);
}

function lineEdits(
  kind: string,
  isApart: boolean,
  outline: Outline,
  [ours, theirs]: readonly [readonly [number, number], readonly [number, number]],
  random: Random,
  token: Token,
): BodyEdits | null {
  const [one, other] = [lineEdit(outline, ours, random, token), lineEdit(outline, theirs, random, token)];
  if (!one || !other) return null;
  return togetherOf(kind, isApart, outline, [one], [other], false);
}

function togetherOf(
  kind: string,
  isApart: boolean,
  { lines }: Outline,
  ours: readonly LineEdit[],
  theirs: readonly LineEdit[],
  isOpen: boolean,
): BodyEdits {
  const all = [...ours, ...theirs];
  return {
    kind,
    isApart,
    ours: edited(lines, ours).join(""),
    theirs: edited(lines, theirs).join(""),
    expected: isOpen ? null : edited(lines, all).join(""),
    untouched: lines.filter((_, at) => all.every(({ start, end }) => at < start || at >= end)),
  };
}

function within(
  lines: readonly string[],
  { start, end }: { start: number; end: number },
  edits: readonly LineEdit[],
) {
  const moved = edits.map((edit) => ({ ...edit, start: edit.start - start, end: edit.end - start }));
  return edited(lines.slice(start, end), moved);
}

function twoOf<T>(from: readonly T[], random: Random): [T, T] | null {
  if (from.length < 2) return null;
  const one = random.below(from.length);
  const other = (one + 1 + random.below(from.length - 1)) % from.length;
  return random.chance(0.5) ? [from[one]!, from[other]!] : [from[other]!, from[one]!];
}
