/** One edit of a file, until its row says the same. */
import type { Project } from "../../start/project.ts";

/**
 * Milliseconds from the upload's return to the row.
 * @param work what makes the change arrive, when nobody is awake to do it
 */
export async function fileToRow(
  { client, bucketName, stack }: Project,
  path: string,
  round: number,
  work: () => Promise<unknown> = async () => undefined,
): Promise<number> {
  const body = `The body of round ${round}.\n`;
  const text = `---\ntitle: Round ${round}\ntags: [red, green]\n---\n${body}`;
  const { error } = await client.storage
    .from(bucketName)
    .upload(`${path}.md`, new TextEncoder().encode(text), { upsert: true, contentType: "text/markdown" });
  if (error) throw error;
  const started = performance.now();
  await work();
  for (;;) {
    const [row] = await stack.sql.query<{ body: string }>("select body from public.notes where path = $1", [
      path,
    ]);
    if (row?.body === body) return performance.now() - started;
    if (performance.now() - started > 60_000) throw new Error(`round ${round} of ${path} did not arrive`);
    await new Promise((done) => setTimeout(done, 1));
  }
}
