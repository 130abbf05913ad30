/** Measures the local stack: `deno run -A scripts/local/bench.ts [rounds]`, on PGlite, or on DATABASE_URL. */
import { createClient } from "@supabase/supabase-js";
import { startStack } from "./stack.ts";

const rounds = Number(process.argv[2] ?? 300);
const started = performance.now();
const stack = await startStack(process.env.DATABASE_URL ? { databaseUrl: process.env.DATABASE_URL } : {});
console.log(`start ${(performance.now() - started).toFixed(0)} ms`);
await stack.sql.exec(`
  create or replace function public.bench_echo(request jsonb) returns jsonb language sql as 'select request';
  grant execute on function public.bench_echo to service_role;`);
const client = createClient(stack.url, stack.secretKey);
await client.storage.createBucket("bench");
const files = client.storage.from("bench");
const body = new TextEncoder().encode("---\ntitle: Bolt\n---\n".padEnd(2000, "x"));
let rung = () => {};
stack.mount("ring", () => {
  rung();
  return new Response("ok");
});

async function measure(name: string, run: (round: number) => PromiseLike<unknown>): Promise<void> {
  const times: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const start = performance.now();
    await run(round);
    times.push(performance.now() - start);
  }
  times.sort((a, b) => a - b);
  const at = (share: number) => times[Math.floor(times.length * share)]!.toFixed(2).padStart(7);
  console.log(`${name.padEnd(16)} p50 ${at(0.5)}  p95 ${at(0.95)}  p99 ${at(0.99)} ms`);
}

for (const pass of ["warm-up", "measured"]) {
  console.log(pass);
  await measure("rpc", () => client.rpc("bench_echo", { request: { a: 1 } }));
  await measure("upload", (round) =>
    files.upload(`${pass}/${round}.md`, body, { contentType: "text/markdown" }),
  );
  await measure("overwrite", () =>
    files.upload(`${pass}/0.md`, body, { contentType: "text/markdown", upsert: true }),
  );
  await measure(
    "download",
    async (round) => await (await files.download(`${pass}/${round}.md`)).data!.text(),
  );
  await measure("info", (round) => files.info(`${pass}/${round}.md`));
  await measure("remove", (round) => files.remove([`${pass}/${round}.md`]));
  await measure("ring to handler", async () => {
    const heard = new Promise<void>((resolve) => {
      rung = resolve;
    });
    await stack.sql.query("select net.http_post($1)", [`${stack.url}/functions/v1/ring`]);
    await heard;
  });
}
await stack.stop();
