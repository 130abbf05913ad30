// content-collections, front matter and body as they are: the least it can do.
import { relative } from "node:path";
import process from "node:process";
import { defineCollection, defineConfig } from "@content-collections/core";
import { z } from "zod";

const notes = defineCollection({
  name: "notes",
  // From this file, whose compiled copy runs elsewhere.
  directory: relative(process.env.BENCH_PEERS, process.env.BENCH_FOLDER),
  include: "**/*.md",
  schema: z.object({ content: z.string() }).passthrough(),
});

export default defineConfig({ content: [notes] });
