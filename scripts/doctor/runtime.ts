/** Whether the runtime is new enough. Pure. */
import { type Finding, fail, ok } from "./finding.ts";

const NODE = [22, 13] as const;
const DENO = [2, 1] as const;

/** `versions` as `process.versions` gives them. */
export function checkRuntime(versions: Readonly<Record<string, string | undefined>>): Finding {
  const [name, version, least] = versions.deno
    ? (["Deno", versions.deno, DENO] as const)
    : (["Node", versions.node ?? "0.0", NODE] as const);
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const isNew = major > least[0] || (major === least[0] && minor >= least[1]);
  const said = `${name} ${version}`;
  return isNew
    ? ok("runtime", said)
    : fail("runtime", `${said} is too old`, `Install ${name} ${least.join(".")} or newer.`);
}
