/** The environment git runs in: this machine's, without what points it elsewhere, asks a person, or changes what it prints. */

/** Of `GIT_…`, what says how to reach a remote and who commits. Everything else (`GIT_DIR` in a hook, say) is dropped. */
const KEPT =
  /^GIT_(?:ASKPASS|SSH|SSH_COMMAND|SSH_VARIANT|CONFIG_.*|COMMITTER_.*|EXEC_PATH|SSL_.*|PROXY_.*|HTTP_.*)$/;

/** Before every command: nothing in the background, nobody asked, no remote helper that runs a command of the URL's. */
export const SETTINGS = [
  "core.quotePath=false",
  "core.fsmonitor=false",
  "color.ui=false",
  "gc.autoDetach=false",
  "maintenance.autoDetach=false",
  "fetch.recurseSubmodules=false",
  "push.recurseSubmodules=no",
  "push.followTags=false",
  "protocol.ext.allow=never",
].flatMap((setting) => ["-c", setting]);

/** @param given the process's own */
export function gitEnvironment(given: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(given)) {
    if (value !== undefined && (!name.startsWith("GIT_") || KEPT.test(name))) kept[name] = value;
  }
  // A window that asks for a password would wait for ever; a program that knows it (GIT_ASKPASS) is asked.
  delete kept.SSH_ASKPASS;
  delete kept.LANGUAGE;
  return {
    ...kept,
    LC_ALL: "C",
    GIT_TERMINAL_PROMPT: "0",
    SSH_ASKPASS_REQUIRE: "never",
    GIT_OPTIONAL_LOCKS: "0",
    GIT_LITERAL_PATHSPECS: "1",
    GIT_EDITOR: "true",
    GIT_NO_REPLACE_OBJECTS: "1",
  };
}
