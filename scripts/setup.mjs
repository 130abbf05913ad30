// Makes `npm start`, `npm test` and the rest work in a fresh clone. Plain JavaScript for any Node from 18 on, as it runs
// before anything is installed. Silent and quick when nothing is to be done.
import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const modules = join(root, "node_modules");
const stamp = join(modules, ".frontrow-setup");
const lock = join(root, ".frontrow", "setup.lock");
const windows = process.platform === "win32";
/** The two runtimes that our code needs; both npm packages put their program in place with an install script. */
const programs = {
  deno: join(modules, "deno", windows ? "deno.exe" : "deno"),
  node: join(modules, "node", "bin", windows ? "node.exe" : "node"),
};

try {
  if (!isReady()) {
    const release = takeLock();
    try {
      if (!isReady()) install();
    } finally {
      release();
    }
  }
} catch (error) {
  console.error(`\nfrontrow set-up failed: ${error.message}\n`);
  process.exitCode = 1;
}

/** Whether what is installed is what package.json and package-lock.json ask for. Compares contents: git changes times. */
function isReady() {
  if (!existsSync(stamp) || readFileSync(stamp, "utf8") !== wanted()) return false;
  return Object.values(programs).every((program) => existsSync(program));
}

function wanted() {
  const { dependencies, devDependencies, optionalDependencies } = JSON.parse(read("package.json"));
  const parts = [dependencies, devDependencies, optionalDependencies, process.platform, process.arch];
  return createHash("sha256").update(JSON.stringify(parts)).update(read("package-lock.json")).digest("hex");
}

function read(name) {
  const path = join(root, name);
  return existsSync(path) ? readFileSync(path, "utf8") : "";
}

function install() {
  console.error("frontrow: installing npm packages (once; about 500 MB on disk) …");
  const started = Date.now();
  // Not `npm ci`: it refuses a lockfile without download addresses, which this one leaves out on purpose.
  npm("install", "--no-audit", "--no-fund", "--loglevel=error");
  // npm 11 runs install scripts only where package.json allows them; some settings (ignore-scripts) skip them anyway.
  repair("deno", () =>
    execFileSync(process.execPath, [join(modules, "deno", "install.cjs")], { stdio: "pipe" }),
  );
  repair("node", () => npm("rebuild", "node", "--ignore-scripts=false", "--loglevel=error"));
  writeFileSync(stamp, wanted());
  console.error(`frontrow: installed in ${((Date.now() - started) / 1000).toFixed(0)} s`);
}

function npm(...args) {
  // Without our own node_modules/.bin: npm must not run on the `node` that it is about to replace.
  const path = (process.env.PATH ?? "")
    .split(delimiter)
    .filter((folder) => !folder.startsWith(modules))
    .join(delimiter);
  const { error, status, stdout, stderr } = spawnSync("npm", args, {
    cwd: root,
    env: { ...process.env, PATH: path },
    encoding: "utf8",
    shell: windows,
  });
  if (error) throw new Error(`npm could not be started: ${error.message}`);
  if (status !== 0) {
    throw new Error(
      `"npm ${args.join(" ")}" ended with ${status} (Node ${process.version}).\n${(stderr || stdout).trim()}\n\n` +
        "Is the npm registry reachable? When in doubt, delete node_modules and try again.",
    );
  }
}

function repair(name, mend) {
  if (works(name)) return;
  mend();
  if (!works(name)) {
    throw new Error(`node_modules/.bin/${name} does not run: delete node_modules and try again`);
  }
}

function works(name) {
  return existsSync(programs[name]) && spawnSync(programs[name], ["--version"]).status === 0;
}

/** Two commands started together must not install into one folder. A lock of a process that died is taken over. */
function takeLock() {
  mkdirSync(join(root, ".frontrow"), { recursive: true });
  for (;;) {
    try {
      writeFileSync(lock, String(process.pid), { flag: "wx" });
      return () => rmSync(lock, { force: true });
    } catch (error) {
      if (error.code !== "EEXIST") throw error;
    }
    if (!holderLives()) rmSync(lock, { force: true });
    else Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);
  }
}

function holderLives() {
  try {
    const pid = Number(readFileSync(lock, "utf8"));
    if (!pid) return Date.now() - statSync(lock).mtimeMs < 5000; // being written
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === "EPERM";
  }
}
