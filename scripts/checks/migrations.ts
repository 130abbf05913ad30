import { staleMigrations } from "../migrations.ts";
import { compareCatalogues, readCatalogue } from "./catalogue.ts";
import type { Check } from "./check.ts";
import { openFromMigrations, openFromSql, using } from "./databases.ts";

/** One database from sql/, one from supabase/migrations/: everything of ours in them must be the same. */
export const migrationsCheck: Check = {
  name: "migrations",
  run: async () => {
    const stale = await staleMigrations();
    const left = await using(openFromSql(), readCatalogue);
    const right = await using(openFromMigrations(), readCatalogue);
    if (left.size === 0) return ["sql/ makes nothing in the schema frontrow"];
    return [...stale, ...compareCatalogues(left, right, { left: "sql/", right: "migrations/" })];
  },
};
