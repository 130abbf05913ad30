import process from "node:process";
import { openPostgres } from "../local/database/postgres-js.ts";

let made = 0;

/**
 * An empty database for one stack, when `DATABASE_URL` says that tests run on a real PostgreSQL; else undefined (PGlite).
 * The first is the one that `DATABASE_URL` names; those after it are new ones beside it, named after it.
 */
export async function testDatabaseUrl(): Promise<string | undefined> {
  const { DATABASE_URL } = process.env;
  if (!DATABASE_URL || made++ === 0) return DATABASE_URL || undefined;
  return await createDatabase(DATABASE_URL, `${new URL(DATABASE_URL).pathname.slice(1)}_${made}`);
}

/** Runs with an empty database on somebody's server, and drops it and those named after it. */
export async function withDatabase<T>(server: string, use: (url: string) => Promise<T>): Promise<T> {
  const name = `frontrow_test_${crypto.randomUUID().slice(0, 8)}`;
  const url = await createDatabase(server, name);
  try {
    return await use(url);
  } finally {
    const sql = openPostgres(server);
    const left = await sql.query<{ datname: string }>(
      "select datname from pg_database where datname like $1",
      [`${name}%`],
    );
    for (const { datname } of left) await sql.exec(`drop database if exists "${datname}" with (force)`);
    await sql.close();
  }
}

async function createDatabase(server: string, name: string): Promise<string> {
  const sql = openPostgres(server);
  try {
    await sql.exec(`create database "${name}"`);
  } finally {
    await sql.close();
  }
  const url = new URL(server);
  url.pathname = `/${name}`;
  return url.href;
}
