/** A second brain: notes and links. */

import type { Example } from "../example.ts";
import config from "./config.ts";

export default {
  name: "brain",
  config,
  schemaFile: "examples/brain/schema.sql",
  content: {
    folders: ["examples/brain/content"],
    missing:
      "The brain's files are missing: check out examples/brain/content again, or name a folder with --content.",
  },
  trial: {
    path: "notes/slow-thinking.md",
    statement: "update notes set status = 'evergreen' where slug = 'slow-thinking';",
  },
} satisfies Example;
