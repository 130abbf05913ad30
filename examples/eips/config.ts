/**
 * The real Ethereum Improvement Proposals. The number is both the path's and a front matter field, so the two must
 * agree; header keys that no field names go to the `extra` column, so a new one upstream is a value and not a loss.
 */

import { z } from "zod";
import { defineCollection, defineConfig } from "../../shared/collections/mod.ts";

const fields = z.object({
  eip: z.int().positive(),
  title: z.string().min(2).max(80).nullish(),
  description: z.string().max(140).nullish(),
  author: z.string().nullish(),
  "discussions-to": z.url().nullish(),
  status: z.enum([
    "Idea",
    "Draft",
    "Review",
    "Last Call",
    "Final",
    "Stagnant",
    "Withdrawn",
    "Living",
    "Moved",
  ]),
  type: z.enum(["Standards Track", "Meta", "Informational"]).nullish(),
  category: z.enum(["Core", "Networking", "Interface", "ERC"]).nullish(),
  created: z.iso.date().nullish(),
  /** Numbers, as authors write them: `155, 1559`. */
  requires: z
    .string()
    .regex(/^\d+(?:, ?\d+)*$/)
    .nullish(),
  "last-call-deadline": z.iso.date().nullish(),
  "withdrawal-reason": z.string().nullish(),
});

/** What EIP-1 asks of a proposal that is still here; of one that moved to the ERCs only its number is left. */
const proposal = fields.superRefine((eip, context) => {
  if (eip.status === "Moved") return;
  for (const field of ["title", "author", "type", "created"] as const) {
    if (!eip[field]) context.addIssue({ code: "custom", path: [field], message: "Every proposal needs it." });
  }
  if ((eip.type === "Standards Track") !== Boolean(eip.category)) {
    const message = "Proposals on the Standards Track have a category, others have none.";
    context.addIssue({ code: "custom", path: ["category"], message });
  }
});

export const eips = defineCollection({
  name: "eips",
  table: "eips",
  path: "EIPS/eip-:eip.md",
  fields: proposal,
  columns: {
    "discussions-to": "discussions_to",
    "last-call-deadline": "last_call_deadline",
    "withdrawal-reason": "withdrawal_reason",
  },
  body: "body",
  extra: "extra",
});

export default defineConfig({ bucket: "content", collections: [eips] });
