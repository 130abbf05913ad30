// One build, as its command line does it.
import { join } from "node:path";
import process from "node:process";
import { createBuilder } from "@content-collections/core";

const { BENCH_OUTPUT } = process.env;
const builder = await createBuilder(join(import.meta.dirname, "content-collections.config.mjs"), {
  outputDir: BENCH_OUTPUT,
  // The compiled configuration: it must find the package. Documents are cached for transforms only, and there are none.
  cacheDir: join(import.meta.dirname, "node_modules/.cache"),
  configName: "config.mjs",
});
await builder.build();
process.exit(0);
