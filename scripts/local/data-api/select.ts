import { unsupported } from "./errors.ts";
import { column } from "./filters.ts";
import { identifier, splitTop, unquote } from "./quote.ts";

/** The select list of `select=…` over `table`: columns, `alias:column`, `column::type`, JSON paths, `count()`. */
export function selectList(select: string | null, table: string): string {
  if (!select || select === "*") return `${table}.*`;
  return splitTop(select, ",")
    .map((item) => {
      const text = item.trim();
      if (text === "*") return `${table}.*`;
      if (text === "count()") return "count(*) as count";
      if (text.includes("(")) throw unsupported(`embedding (${text})`);
      const [, alias, name, type] = /^(?:([^:]+):(?!:))?(.+?)(?:::([a-z0-9_ ]+))?$/i.exec(text) ?? [];
      const sql = column(name!, table) + (type ? `::${identifier(type).replace(/^"|"$/g, "")}` : "");
      const label = alias ?? unquote(name!.split(/->>?/).at(-1)!);
      return `${sql} as ${identifier(label)}`;
    })
    .join(", ");
}
