/** `frontrow import` into an empty project, checked: a load that is fast and leaves something out is no load. */
import type { Lane } from "../lanes.ts";
import { type OursOptions, runOurs } from "./ours.ts";

export interface ColdOptions extends OursOptions {
  name: string;
  /** Files in the folder. */
  documents: number;
  runs?: number;
}

export function coldLane({ name, documents, runs, ...options }: ColdOptions): Lane {
  const { ground } = options;
  const { sql } = ground.project.stack;
  return {
    name,
    ...(runs === undefined ? {} : { runs }),
    async run() {
      await ground.empty();
      const ours = await runOurs(options);
      const [there] = await sql.query<{ rows: number; documents: number; bases: number }>(
        `select (select count(*)::int from public.notes) as rows, (select count(*)::int from frontrow.documents) as documents,
           (select count(*)::int from frontrow.bases where store = 'table') as bases`,
      );
      for (const [what, count] of Object.entries(there!)) {
        if (count !== documents)
          throw new Error(
            `${count} ${what} after an import of ${documents} files: ${JSON.stringify(ours.said)}`,
          );
      }
      return ours;
    },
  };
}
