/** The disk of this machine. */
import { lstatSync } from "node:fs";
import * as promises from "node:fs/promises";
import type { Disk } from "../../shared/stores/directory-disk.ts";

export const disk: Disk = { ...(promises as unknown as Disk), lstatSync };
