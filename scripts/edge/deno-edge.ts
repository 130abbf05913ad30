import { join, resolve } from "node:path";
import process from "node:process";

const root = resolve(import.meta.dirname!, "..", "..");

/** What Supabase's Edge Runtime is compatible with. */
export const EDGE_DENO = "2.1.4";

/**
 * The Deno program that stands for the Edge Runtime.
 *
 * It comes from npm's platform packages under other names (`deno-edge-…` in package.json's optionalDependencies). The
 * package `deno@2.1.4` itself would claim `node_modules/.bin/deno` from the Deno that runs everything else here.
 */
export const denoEdge: string = join(
  root,
  "node_modules",
  `deno-edge-${process.platform}-${process.arch}`,
  process.platform === "win32" ? "deno.exe" : "deno",
);
