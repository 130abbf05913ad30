/** What `openProject` needs of the notes. Nothing is loaded by itself. */

import type { Example } from "../../../examples/example.ts";
import config from "./config.ts";

export default {
  name: "notes",
  config,
  schemaFile: "scripts/bench/notes/schema.sql",
  content: { folders: [], missing: "The bench makes its own files." },
} satisfies Example;
