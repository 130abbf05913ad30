/**
 * Produces supabase/migrations/ from sql/: `npm run migrations`.
 *
 * Until the first release there is one migration, FIRST, and this rewrites it freely. A release freezes it: from then on a
 * change is made twice, in sql/ (the database as it is) and in a new migration written by hand:
 *
 *     npm run migrations -- --new add_tags
 *
 * makes the file to write it in, and with it freezes every migration before. Migrations run where data is: no drops, short
 * locks, and safe to run again. `npm run check` builds one database from sql/ and one from the migrations and compares
 * their catalogues, so neither half can be forgotten.
 *
 * `--check` writes nothing and ends with 1 when a file would change.
 */
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";

const root = join(import.meta.dirname!, "..");
export const sqlFolder = join(root, "sql");
export const migrationsFolder = join(root, "supabase", "migrations");
const FIRST = "20261120000000_frontrow.sql";

const HEADER = `-- Frontrow ${FIRST.slice(0, 14)}: the hub. Produced from sql/ by \`npm run migrations\`; change it there.\n`;

/** The names in sql/, in the order they are read. */
export async function sqlFiles(): Promise<string[]> {
  return (await readdir(sqlFolder)).filter((name) => name.endsWith(".sql")).sort();
}

/** The first migration's text: the files of sql/ one after the other, each under a line with its name. */
export async function renderFirst(): Promise<string> {
  const parts = (await sqlFiles()).map(async (name) => {
    const text = await readFile(join(sqlFolder, name), "utf8");
    return `\n-- ${"-".repeat(20)} sql/${name} ${"-".repeat(20)}\n\n${text.trim()}\n`;
  });
  return HEADER + (await Promise.all(parts)).join("");
}

/** The names in supabase/migrations/, oldest first. */
export async function migrationFiles(): Promise<string[]> {
  const names = await readdir(migrationsFolder).catch(() => [] as string[]);
  return names.filter((name) => name.endsWith(".sql")).sort();
}

/** What is wrong with the produced file; empty when it is what sql/ says, or frozen. */
export async function staleMigrations(): Promise<string[]> {
  const names = await migrationFiles();
  if (names.some((name) => name > FIRST)) return [];
  const text = await readFile(join(migrationsFolder, FIRST), "utf8").catch(() => undefined);
  if (text === (await renderFirst())) return [];
  return [`supabase/migrations/${FIRST} is not what sql/ says: run "npm run migrations"`];
}

async function produce(): Promise<void> {
  const later = (await migrationFiles()).filter((name) => name > FIRST);
  if (later.length > 0) {
    console.log(`${FIRST} is frozen, as ${later[0]} comes after it. Nothing written.`);
    console.log(`Write the change in sql/ and in a migration of its own: npm run migrations -- --new <name>`);
    return;
  }
  const stale = await staleMigrations();
  if (stale.length === 0) return console.log(`${FIRST} is what sql/ says.`);
  await mkdir(migrationsFolder, { recursive: true });
  await writeFile(join(migrationsFolder, FIRST), await renderFirst());
  console.log(`wrote supabase/migrations/${FIRST} from ${(await sqlFiles()).length} files of sql/`);
}

async function create(name: string): Promise<void> {
  if (!/^[a-z][a-z0-9_]*$/.test(name)) {
    throw new Error(`Cannot name a migration "${name}" as it must be lower_snake_case`);
  }
  const stale = await staleMigrations();
  if (stale.length > 0) throw new Error(`Cannot freeze the migrations so far: ${stale[0]}`);
  const version = new Date().toISOString().replace(/\D/g, "").slice(0, 14);
  const file = `${version}_${name}.sql`;
  await writeFile(join(migrationsFolder, file), `-- Frontrow ${version}: ${name.replaceAll("_", " ")}.\n\n`, {
    flag: "wx",
  });
  console.log(`supabase/migrations/${file}`);
}

async function main(args: string[]): Promise<number> {
  const [option, name] = args;
  if (option === undefined) await produce();
  else if (option === "--new" && name) await create(name);
  else if (option === "--check") {
    const stale = await staleMigrations();
    for (const line of stale) console.error(line);
    return stale.length > 0 ? 1 : 0;
  } else {
    console.error("usage: npm run migrations [-- --check | --new <name>]");
    return 2;
  }
  return 0;
}

if (import.meta.main) {
  try {
    process.exitCode = await main(process.argv.slice(2));
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}
