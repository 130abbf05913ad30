/** A team's plans, stories and runbooks. */

import type { Example } from "../example.ts";
import config from "./config.ts";

export default {
  name: "team-cache",
  config,
  schemaFile: "examples/team-cache/schema.sql",
  content: {
    folders: ["examples/team-cache/content"],
    missing:
      "The team's files are missing: check out examples/team-cache/content again, or name a folder with --content.",
  },
  trial: {
    path: "stories/INFRA-1.md",
    statement: "update plans set status = 'DONE' where id = 'PLAN-001';",
    commands: ['new story "Log in with a passkey"'],
  },
} satisfies Example;
