/** How people edit: a value of their own into one place of a file or of a row, with all of it before their eyes. */
import type { Row } from "./arena.ts";
import type { Slot } from "./commands.ts";

const TOKENS = /tp\d+x\d+z/gi;

export const BAD = "---\nname: [\n---\n";

export function isDocument(text: string): boolean {
  return /^---\r?\n/.test(text) && !text.includes("name: [");
}

export function freshText(token: () => string): string {
  return `---\n# ${token()}\nname: ${token()}\nstatus: active\n---\n${token()}\n`;
}

/** The file with the edit in it; what is no document is written anew. */
export function editedText(text: string | null, slot: Slot, token: () => string): string {
  if (text === null || !isDocument(text)) return freshText(token);
  const [, header = "", body = ""] =
    /^---\n([\s\S]*?)^---\n([\s\S]*)$/m.exec(text.replaceAll("\r\n", "\n")) ?? [];
  const put = (newHeader: string, newBody = body) => `---\n${newHeader}---\n${newBody}`;
  switch (slot) {
    case "body":
      return put(header, `${token()}\n${body}`);
    case "section":
      return put(header, `${body}${body === "" || body.endsWith("\n") ? "" : "\n"}## ${token()}\n`);
    case "comment":
      return put(`${header}# ${token()}\n`);
    case "extra": {
      const value = token();
      return put(`${header}x_${value}: ${value}\n`);
    }
    case "name":
      return put(without(header, "name").replace(/^/, `name: ${token()}\n`));
    case "status": {
      const next = /^status: active/m.test(header) ? "resting" : "active";
      return put(`${without(header, "status")}status: ${next}\n`);
    }
    case "clear":
      return put(without(header, "tags"));
    case "tag": {
      const held = blockOf(header, "tags").match(TOKENS) ?? [];
      return put(`${without(header, "tags")}tags: [${[...held, token()].join(", ")}]\n`);
    }
    case "note": {
      const held = [...new Set(blockOf(header, "notes").match(TOKENS) ?? [])];
      const notes = [...held, token()].map((one) => `${one}: true`);
      return put(`${without(header, "notes")}notes: {${notes.join(", ")}}\n`);
    }
  }
}

/** What the edit changes in the row. */
export function editedRow(row: Row | null, slot: Slot, token: () => string): Partial<Row> {
  if (!row) return { name: token(), status: "active", tags: null, notes: null, body: `${token()}\n` };
  switch (slot) {
    case "name":
      return { name: token() };
    case "body":
      return { body: `${row.body}${token()}\n` };
    case "section":
      return { body: `## ${token()}\n${row.body}` };
    case "clear":
      return { tags: null };
    case "tag":
      return { tags: [...(row.tags ?? []).filter((tag) => tag !== ""), token()] };
    case "note":
      return { notes: { ...row.notes, [token()]: true } };
    default:
      return { status: row.status === "active" ? "resting" : "active" };
  }
}

export function rowText(row: Row | null): string {
  return row === null ? "" : JSON.stringify([row.name, row.tags, row.notes, row.body]);
}

function blockOf(header: string, key: string): string {
  return new RegExp(`^${key}:.*\\n(?:[ \\t-].*\\n)*`, "m").exec(header)?.[0] ?? "";
}

function without(header: string, key: string): string {
  const block = blockOf(header, key);
  return block === "" ? header : header.replace(block, "");
}
