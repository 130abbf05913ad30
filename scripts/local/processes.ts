import { readFile } from "node:fs/promises";

/** The direct children of a process, by Linux's /proc. */
export async function childrenOf(pid: number): Promise<number[]> {
  const list = await readFile(`/proc/${pid}/task/${pid}/children`, "utf8").catch(() => "");
  return list.split(" ").filter(Boolean).map(Number);
}

/** SIGKILL; to be gone already is fine. */
export function killQuietly(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // gone by itself
  }
}

/** Whether any of them still runs. A zombie counts as dead: in a container nobody may reap it. */
export async function someAlive(pids: number[]): Promise<boolean> {
  for (const pid of pids) {
    const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
    const state = stat.slice(stat.lastIndexOf(")") + 2)[0];
    if (state && state !== "Z" && state !== "X") return true;
  }
  return false;
}
