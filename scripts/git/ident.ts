/** Who did it, as git writes people: `Name <mail>`. */
import type { Git } from "./run.ts";

export interface Person {
  name: string;
  mail: string;
}

/** A domain that no mail ever reaches (RFC 2606). */
const NOWHERE = "frontrow.invalid";
export const FRONTROW: Person = { name: "Frontrow", mail: `frontrow@${NOWHERE}` };

/**
 * A revision's author as a person: `Ada <ada@example.org>` and `ada@example.org` are taken at their word, anything else is
 * an id, with a mail that leads nowhere. null: nobody is known.
 */
export function personOf(author: string | null): Person | null {
  const text = clean(author ?? "");
  if (text === "") return null;
  const full = /^(.*?)\s*<([^<>\s]+@[^<>\s]+)>$/.exec((author ?? "").replace(/[\p{Cc}]/gu, " ").trim());
  if (full) return { name: clean(full[1]!) || clean(full[2]!.split("@")[0]!), mail: clean(full[2]!) };
  if (/^[^\s@]+@[^\s@]+$/.test(text)) return { name: clean(text.split("@")[0]!) || text, mail: text };
  return { name: text, mail: `${text.replace(/[^\w.+]+/g, "-")}@${NOWHERE}` };
}

export function personText({ name, mail }: Person): string {
  return `${name} <${mail}>`;
}

/** What git would take away itself; and nothing is left that it refuses. */
function clean(text: string): string {
  return text
    .replace(/[\p{Cc}<>]/gu, " ")
    .replace(/\s+/g, " ")
    .replace(/^[\s.,:;"'\\]+|[\s.,:;"'\\]+$/g, "")
    .slice(0, 200);
}

/** Who commits here: the person git is set up for; null: nobody, and a name guessed from the machine is no person. */
export async function committer(git: Git): Promise<Person | null> {
  const { code, stdout } = await git.run(["-c", "user.useConfigOnly=true", "var", "GIT_COMMITTER_IDENT"], {
    codes: [0, 1, 128],
  });
  const found = /^(.*) <(.*)> \d+ [+-]\d+$/.exec(new TextDecoder().decode(stdout).trim());
  return code === 0 && found ? { name: found[1]!, mail: found[2]! } : null;
}
