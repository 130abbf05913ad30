/**
 * A team's plans, stories and runbooks: numbered by the hub, so that ten people at once never get the same id, and worked
 * on as files with or without a network.
 */

import { z } from "zod";
import { defineCollection, defineConfig } from "../../shared/collections/mod.ts";

/** What all three have. `team` decides who may see and change it (schema.sql). */
const artifact = {
  title: z.string().min(1).max(200),
  team: z.string().min(1),
  author: z.string().nullish(),
  created: z.iso.date().nullish(),
  tags: z.array(z.string().min(1)).nullish(),
};

export const plans = defineCollection({
  name: "plans",
  table: "plans",
  path: "plans/:id.md",
  // Where people look for it: on a line of the body, `Status: APPROVED`.
  fields: z.object({ ...artifact, Status: z.enum(["DRAFT", "APPROVED", "DONE", "DROPPED"]) }),
  columns: { Status: "status" },
  lines: ["Status"],
  body: "body",
  ids: { key: "id", format: "PLAN-{n:3}" },
  templates: { plan: "templates/plan.md" },
});

export const stories = defineCollection({
  name: "stories",
  table: "stories",
  path: "stories/:id.md",
  fields: z.object({
    ...artifact,
    status: z.enum(["open", "started", "done", "dropped"]),
    /** The plan it belongs to. */
    plan: z.string().nullish(),
    points: z.number().min(0).nullish(),
  }),
  body: "body",
  ids: { key: "id", format: "INFRA-{n}" },
  templates: { story: "templates/story.md" },
});

export const runbooks = defineCollection({
  name: "runbooks",
  table: "runbooks",
  path: "runbooks/:id.md",
  fields: z.object({
    ...artifact,
    status: z.enum(["draft", "approved", "retired"]),
    /** When somebody last did what it says. */
    rehearsed: z.iso.date().nullish(),
  }),
  body: "body",
  ids: { key: "id", format: "RUN-{n:3}" },
  templates: { runbook: "templates/runbook.md" },
});

export default defineConfig({ bucket: "content", collections: [plans, stories, runbooks] });
