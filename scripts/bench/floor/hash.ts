/** The least that looks at every file: `hash.ts <folder>` reads each one and hashes it. */
import { createHash } from "node:crypto";
import process from "node:process";
import { filesIn } from "./files.ts";

for (const [, text] of filesIn(process.argv[2]!)) createHash("sha256").update(text).digest("hex");
