// velite, front matter and body as they are: the least it can do.
import process from "node:process";
import { defineConfig, s } from "velite";

const { BENCH_FOLDER, BENCH_OUTPUT } = process.env;

export default defineConfig({
  root: BENCH_FOLDER,
  output: { data: BENCH_OUTPUT, assets: `${BENCH_OUTPUT}/assets`, clean: false },
  collections: {
    notes: {
      name: "Note",
      pattern: "**/*.md",
      schema: s.object({ body: s.raw(), path: s.path() }).passthrough(),
    },
  },
});
