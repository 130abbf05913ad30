/** What a collection may get wrong about its ids and templates. */

import type { PathTemplate } from "../document/path.ts";
import { FrontrowError } from "../errors.ts";
import { compileIdFormat } from "../ids/id-format.ts";
import type { Collection } from "./define.ts";
import type { Problem } from "./problems.ts";

export function idProblems({ ids }: Collection, template: PathTemplate | FrontrowError): Problem[] {
  if (ids === undefined) return [];
  const problems: Problem[] = [];
  if (!(template instanceof FrontrowError)) {
    const names = template.params.map(({ name }) => name);
    if (!names.includes(ids.key)) {
      const there = names.map((name) => `"${name}"`).join(", ");
      const message = `ids.key must be a param of its path "${template.template}", which has ${there}: it is "${ids.key}"`;
      problems.push({ rule: "ids-key", message });
    }
  }
  try {
    compileIdFormat(ids.format);
  } catch (error) {
    if (!(error instanceof FrontrowError)) throw error;
    problems.push({ rule: "ids-format", message: error.message });
  }
  return problems;
}

export function templateProblems({ templates }: Collection): Problem[] {
  if (templates === undefined) return [];
  const problems: Problem[] = [];
  const say = (message: string) => problems.push({ rule: "templates", message });
  const found = Object.entries(templatesOf(templates));
  if (found.length === 0) say("templates must name a file");
  for (const [name, file] of found) {
    if (!/^[a-z][a-z0-9._-]{0,39}$/.test(name)) {
      say(
        `a template's name must be lower case letters, digits, ., _ and -, beginning with a letter, at most 40: it is "${name}"`,
      );
    }
    if (file === "" || /^(?:[/\\]|[A-Za-z]:)|[\\\p{Cc}]|(?:^|\/)\.\.(?:\/|$)/u.test(file)) {
      say(`template "${name}" must be a file in the configuration's folder: it is "${file}"`);
    }
  }
  return problems;
}

/** Name → file. One file alone is named after itself: `templates/story.md` is `story`. */
export function templatesOf(templates: Collection["templates"]): Readonly<Record<string, string>> {
  if (typeof templates !== "string") return templates ?? {};
  const name = templates.slice(templates.lastIndexOf("/") + 1).replace(/\.[^.]*$/, "");
  return { [name]: templates };
}
