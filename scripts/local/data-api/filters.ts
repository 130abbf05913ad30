import { ApiError, unsupported } from "./errors.ts";
import { identifier, literal, splitTop, unquote } from "./quote.ts";

/** Query parameters that are not filters. */
const RESERVED = new Set([
  "select",
  "order",
  "limit",
  "offset",
  "columns",
  "on_conflict",
  "apikey",
  "and",
  "or",
]);

const COMPARE: Record<string, string> = {
  eq: "=",
  neq: "<>",
  gt: ">",
  gte: ">=",
  lt: "<",
  lte: "<=",
  like: "like",
  ilike: "ilike",
  match: "~",
  imatch: "~*",
  cs: "@>",
  cd: "<@",
  ov: "&&",
  isdistinct: "is distinct from",
};
const IS: Record<string, string> = {
  null: "is null",
  not_null: "is not null",
  true: "is true",
  false: "is false",
  unknown: "is unknown",
};

/** `"t"."a"`, or a JSON path such as `a->b->>c`. */
export function column(name: string, table?: string): string {
  const [root, ...steps] = name.trim().split(/(->>?)/);
  if (!root || /[()]/.test(root)) throw unsupported(`embedding or functions (${name})`);
  let sql = (table ? `${table}.` : "") + identifier(unquote(root));
  for (let i = 0; i < steps.length; i += 2) {
    const key = steps[i + 1] ?? "";
    sql += `${steps[i]}${/^-?\d+$/.test(key) ? key : literal(unquote(key))}`;
  }
  return sql;
}

function condition(target: string, expression: string, table: string): string {
  const negated = expression.startsWith("not.");
  const rest = negated ? expression.slice(4) : expression;
  const dot = rest.indexOf(".");
  const operator = rest.slice(0, dot);
  const value = rest.slice(dot + 1);
  const left = column(target, table);
  let sql: string;
  if (operator === "in") {
    const inner = /^\((.*)\)$/s.exec(value)?.[1];
    if (inner === undefined) throw malformed(expression);
    const list = inner === "" ? [] : splitTop(inner, ",").map((item) => literal(unquote(item)));
    sql = list.length > 0 ? `${left} in (${list.join(", ")})` : "false";
  } else if (operator === "is") {
    const predicate = IS[value.toLowerCase()];
    if (!predicate) throw malformed(expression);
    sql = `${left} ${predicate}`;
  } else if (operator in COMPARE) {
    const right = operator === "like" || operator === "ilike" ? value.replaceAll("*", "%") : value;
    sql = `${left} ${COMPARE[operator]} ${literal(right)}`;
  } else throw dot < 0 ? malformed(expression) : unsupported(`the operator "${operator}"`);
  return negated ? `not (${sql})` : sql;
}

/** `(a.eq.1,or(b.gt.2,not.and(…)))` → SQL. */
function logic(joiner: "and" | "or", text: string, table: string): string {
  const inner = /^\((.*)\)$/s.exec(text)?.[1];
  if (inner === undefined) throw malformed(text);
  const parts = splitTop(inner, ",").map((part) => {
    const nested = /^(not\.)?(and|or)(\(.*\))$/s.exec(part);
    if (nested) {
      const sql = logic(nested[2] as "and" | "or", nested[3]!, table);
      return nested[1] ? `not (${sql})` : `(${sql})`;
    }
    const dot = splitTop(part, ".")[0]!.length;
    const [, operator = "", value = ""] = /^((?:not\.)?[a-z]+\.)(.*)$/s.exec(part.slice(dot + 1)) ?? [];
    return condition(part.slice(0, dot), operator + unquote(value), table);
  });
  return parts.join(` ${joiner} `);
}

/** The `where` clause a query string asks for, without the word; `""` when it asks for none. */
export function where(params: URLSearchParams, table: string): string {
  const clauses: string[] = [];
  for (const [name, value] of params) {
    const group = /^(not\.)?(and|or)$/.exec(name);
    if (group) {
      const sql = logic(group[2] as "and" | "or", value, table);
      clauses.push(group[1] ? `not (${sql})` : `(${sql})`);
    } else if (!RESERVED.has(name)) {
      if (name.includes(".")) throw unsupported("filters on embedded tables");
      clauses.push(condition(name, value, table));
    }
  }
  return clauses.join(" and ");
}

/** The `order by` list a query string asks for; `""` when none. */
export function orderBy(params: URLSearchParams, table: string): string {
  const order = params.get("order");
  if (!order) return "";
  return splitTop(order, ",")
    .map((item) => {
      const [, name, direction, nulls] =
        /^(.+?)(?:\.(asc|desc))?(?:\.(nullsfirst|nullslast))?$/.exec(item) ?? [];
      if (!name) throw malformed(item);
      return [column(name, table), direction, nulls?.replace("nulls", "nulls ")].filter(Boolean).join(" ");
    })
    .join(", ");
}

const malformed = (text: string) =>
  new ApiError(
    400,
    "PGRST100",
    `"failed to parse filter (${text})" (line 1, column 1)`,
    "unexpected filter",
    null,
  );
