/** How many tests one run had. Only leaves count: a `describe` is not a test, a test with subtests is its subtests. */
export interface Count {
  passed: number;
  failed: number;
  skipped: number;
}

interface Case {
  name: string;
  outcome: keyof Count;
}

/**
 * Reads a JUnit report, as `deno test --junit-path` and `node --test-reporter=junit` write it.
 * Node lists a file without tests as one test that passed, named after the file: with `file` that is left out.
 */
export function countJunit(xml: string, file?: string): Count {
  const cases = readCases(xml).filter(({ name, outcome }) => {
    return outcome !== "passed" || file === undefined || !name.endsWith(file);
  });
  const count: Count = { passed: 0, failed: 0, skipped: 0 };
  for (const { name, outcome } of cases) {
    const inside = cases.filter((other) => other.name.startsWith(`${name} > `));
    // Deno lists a suite beside its tests, named "suite > test". It counts only when it failed by itself, in a hook say.
    if (
      inside.length === 0 ||
      (outcome === "failed" && inside.every((other) => other.outcome !== "failed"))
    ) {
      count[outcome]++;
    }
  }
  return count;
}

function readCases(xml: string): Case[] {
  const cases: Case[] = [];
  for (const [, attributes = "", content = ""] of xml.matchAll(
    /<testcase\b((?:"[^"]*"|[^">])*?)(?:\/>|>(.*?)<\/testcase>)/gs,
  )) {
    const name = unescapeXml(/\bname="([^"]*)"/.exec(attributes)?.[1] ?? "");
    cases.push({ name, outcome: outcomeOf(content) });
  }
  return cases;
}

function outcomeOf(content: string): keyof Count {
  if (/<(failure|error)\b/.test(content)) return "failed";
  return /<skipped\b/.test(content) ? "skipped" : "passed";
}

function unescapeXml(text: string): string {
  return text
    .replaceAll("&gt;", ">")
    .replaceAll("&lt;", "<")
    .replaceAll("&quot;", '"')
    .replaceAll("&amp;", "&");
}
