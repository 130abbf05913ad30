/** This machine's file system, for the directory store. */
import * as fs from "node:fs/promises";
import type { Disk } from "../../shared/stores/directory-disk.ts";

export const disk: Disk = fs as unknown as Disk;
