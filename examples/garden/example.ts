/** The example that ships: a garden of parts. */

import type { Example } from "../example.ts";
import config from "./config.ts";

export default {
  name: "garden",
  config,
  schemaFile: "examples/garden/schema.sql",
  content: {
    folders: ["examples/garden/content"],
    missing:
      "The garden's files are missing: check out examples/garden/content again, or name a folder with --content.",
  },
  trial: {
    path: "users/ada/parts/the-critic.md",
    statement: "update parts set charge = 0.9 where slug = 'the-critic' and user_id = 'ada';",
  },
} satisfies Example;
