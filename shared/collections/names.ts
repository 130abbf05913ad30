/** Table and column names as written in a configuration. They are only ever compared here; SQL looks them up. */

/** Schemas that are Supabase's, Postgres's or Frontrow's own: a file must never write there. */
const REFUSED_SCHEMAS = new Set([
  "auth",
  "cron",
  "extensions",
  "frontrow",
  "graphql",
  "graphql_public",
  "information_schema",
  "net",
  "pgbouncer",
  "pgmq",
  "pgmq_public",
  "pgsodium",
  "pgsodium_masks",
  "realtime",
  "_realtime",
  "_analytics",
  "storage",
  "supabase_functions",
  "supabase_migrations",
  "vault",
]);

/** The schema and table of `"parts"` or `"schema.table"`, and what is wrong with them. */
export function namesOf({ table: written }: { table: string }): {
  schema: string;
  table: string;
  problems: string[];
} {
  const dot = written.indexOf(".");
  const schema = dot === -1 ? "public" : written.slice(0, dot);
  const table = written.slice(dot + 1);
  const problems = [identifierProblem(schema), identifierProblem(table)]
    .filter((problem) => problem !== null)
    .map((problem) => `table "${written}": ${problem}`);
  if (REFUSED_SCHEMAS.has(schema) || schema.startsWith("pg_")) {
    problems.push(`table "${written}": schema "${schema}" is not one that files may write to`);
  }
  return { schema, table, problems };
}

/** What is wrong with a Postgres name, or `null`. Postgres would cut a longer one without a word. */
export function identifierProblem(name: string): string | null {
  if (name === "") return "a name must not be empty";
  if (new TextEncoder().encode(name).length > 63) return "a name must be at most 63 bytes";
  return /[\p{Cc}\p{Cs}]/u.test(name) ? "a name must not hold control characters" : null;
}
