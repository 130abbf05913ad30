/**
 * What `supabase functions deploy` really uploads, and a process that runs it as the Edge Runtime would: nothing but those
 * files, the Deno it is compatible with, the network and the environment.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import process from "node:process";
import { bin, run } from "../checks/run.ts";
import { denoEdge } from "./deno-edge.ts";
import { startManagementStub, type Upload } from "./management-stub.ts";

/** 20 lower-case letters, as every project's reference. */
const REF = "frontrowfrontrowstub";

/**
 * Runs `supabase functions deploy <slugs> --use-api` against a stub of the Management API and returns what came.
 * The CLI finds the stub through a profile: a YAML file that names the API's address.
 */
export async function captureBundles(...slugs: string[]): Promise<Upload[]> {
  const stub = startManagementStub();
  const home = await mkdtemp(join(tmpdir(), "frontrow-cli-"));
  try {
    const profile = join(home, "profile.yaml"); // YAML only: TOML is refused
    await writeFile(
      profile,
      `name: stub\napi_url: ${stub.url}\ndashboard_url: ${stub.url}\nproject_host: supabase.invalid\n`,
    );
    const { code, output } = await run(
      bin("supabase"),
      ["functions", "deploy", ...slugs, "--use-api", "--yes", `--remote=${REF}`, "--profile", profile],
      { env: cliEnvironment(home) },
    );
    if (code !== 0) throw new Error(`supabase functions deploy ended with ${code}:\n${output}`);
    return stub.uploads;
  } finally {
    await stub.stop();
    await rm(home, { recursive: true, force: true });
  }
}

/** The CLI with a home of its own: no keyring, no telemetry, no login of the person who runs this. */
export function cliEnvironment(home: string): Record<string, string | undefined> {
  return {
    HOME: home,
    SUPABASE_HOME: join(home, ".supabase"),
    SUPABASE_ACCESS_TOKEN: `sbp_${"0".repeat(40)}`, // the right shape; the stub takes any
    SUPABASE_API_MAX_RETRIES: "0",
    SUPABASE_NO_KEYRING: "1",
    SUPABASE_NO_UPDATE_NOTIFIER: "1",
    SUPABASE_TELEMETRY_DISABLED: "1",
    SUPABASE_PROFILE: undefined,
  };
}

export interface RunningBundle {
  /** Where the gateway's `/functions/v1` would lead: `<url>/<slug>` is the function. */
  url: string;
  /** What it has printed. */
  output(): string;
  stop(): Promise<void>;
}

/** Unpacks an upload into an empty folder and serves its entry point there. */
export async function startBundle(
  upload: Upload,
  environment: Record<string, string>,
): Promise<RunningBundle> {
  const folder = await mkdtemp(join(tmpdir(), "frontrow-bundle-"));
  for (const [name, bytes] of upload.files) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), bytes);
  }
  const port = await freePort();
  const { entrypoint_path: entry, import_map_path: importMap } = upload.metadata;
  const child = spawn(
    denoEdge,
    [
      ...[
        "serve",
        "--quiet",
        "--no-check",
        "--no-prompt",
        "--allow-net",
        "--allow-env",
        "--host=127.0.0.1",
        `--port=${port}`,
      ],
      ...["--config", importMap, entry],
    ],
    { cwd: folder, stdio: ["ignore", "pipe", "pipe"], env: { ...machineEnvironment(), ...environment } },
  );
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (chunk: string) => {
      output = (output + chunk).slice(-50_000);
    });
  }
  const stop = async () => {
    await end(child);
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await answers(`http://127.0.0.1:${port}/${upload.slug}`, child);
  } catch (error) {
    await stop();
    throw new Error(`${upload.slug} did not start: ${error}\n${output}`);
  }
  return { url: `http://127.0.0.1:${port}`, output: () => output, stop };
}

/** What Deno needs to fetch npm packages here; nothing else of this process's environment reaches the function. */
function machineEnvironment(): Record<string, string> {
  const names = [
    "PATH",
    "HOME",
    "DENO_DIR",
    "NPM_CONFIG_REGISTRY",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "DENO_CERT",
  ];
  const own = names.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]!]]));
  return {
    ...Object.fromEntries(own),
    DENO_NO_UPDATE_CHECK: "1",
    DENO_TLS_CA_STORE: "system",
    NO_COLOR: "1",
  };
}

/** Waits until the server answers anything at all; the first start downloads its packages. */
async function answers(url: string, child: ChildProcess): Promise<void> {
  const deadline = performance.now() + 90_000;
  while (performance.now() < deadline) {
    if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}`);
    const response = await fetch(url).catch(() => undefined);
    await response?.body?.cancel();
    if (response) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error("nothing answered for 90 s");
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGKILL");
  await ended;
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer().once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const { port } = probe.address() as { port: number };
      probe.close(() => resolve(port));
    });
  });
}
