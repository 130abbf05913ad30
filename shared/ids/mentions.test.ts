import assert from "node:assert/strict";
import process from "node:process";
import { describe, it } from "node:test";
import fc from "fast-check";
import { isMentioned, replaceMentions } from "./mentions.ts";

/** The same cases each time; `FRONTROW_SEED=… FRONTROW_RUNS=…` tries others, and more. */
const { FRONTROW_RUNS = "200", FRONTROW_SEED = "1" } = process.env;
const RUNS = { numRuns: Number(FRONTROW_RUNS), seed: Number(FRONTROW_SEED) };

const OLD = "INFRA-new-k3v9xw";
const NEW = "INFRA-105";

describe("replaceMentions", () => {
  const document = (id: string) => `---
title: "Follows ${id}"
plan: ${id}
links: [${id}, '${id}']
---

# ${id}: a story

See ${id}, [the story](../stories/${id}.md#${id}), [[${id}]], [[${id}|it]], \`${id}\`, _${id}_, **${id}**, __${id}__,
<https://example.org/browse/${id}?x=${id}>, ${id}'s plan, ${id}-login.md, (${id}), "${id}" – and at the end ${id}`;

  it("rewrites every mention: front matter, prose, links, file names, code", () => {
    assert.equal(replaceMentions(document(OLD), OLD, NEW), document(NEW));
  });

  it("leaves parts of longer words alone", () => {
    for (const word of [
      `X${OLD}`,
      `${OLD}x`,
      `${OLD}1`,
      `é${OLD}`,
      `${OLD}é`,
      `SUB-${OLD}`,
      `a_${OLD}`,
      `${OLD}_b`,
      `1${OLD}`,
    ])
      assert.equal(replaceMentions(`a ${word} b`, OLD, NEW), `a ${word} b`, word);
    assert.equal(
      replaceMentions("INFRA-1 INFRA-12 INFRA-1", "INFRA-1", "INFRA-2"),
      "INFRA-2 INFRA-12 INFRA-2",
    );
    assert.equal(
      replaceMentions("INFRAx1 INFRA.1", "INFRA.1", "B"),
      "INFRAx1 B",
      "nothing in an id is a pattern",
    );
  });

  it("takes the new id as it is", () => assert.equal(replaceMentions("a", "a", "$&$1"), "$&$1"));

  const joined = fc.constantFrom("", "x", "é", "7", "SUB-", "a_");
  const free = fc.constantFrom(
    "",
    " ",
    "\n",
    "/",
    "(",
    "[[",
    "`",
    "*",
    "_",
    ": ",
    '"',
    "=",
    "– ",
    "-",
    "\u{1F600}",
  );
  const other = fc.constantFrom("word", "INFRA-1", "---", "𝒳", "_", "-", "INFRA-new-k3v9x", "$&");
  it("says of each piece of a text what it says of it alone", () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.tuple(joined, free), other), { maxLength: 30 }), (pieces) => {
        const written = (id: string) =>
          pieces
            .map((piece) => {
              if (typeof piece === "string") return piece;
              const [before, after] = piece;
              // Part of a longer word: it stays what it was.
              return `${before}${before === "" ? id : OLD}${after}`;
            })
            .join(" ");
        const after = replaceMentions(written(OLD), OLD, NEW);
        assert.equal(after, written(NEW));
        assert.equal(replaceMentions(after, OLD, NEW), after, "there is nothing left to replace");
        assert.ok(!isMentioned(after, OLD));
      }),
      RUNS,
    );
  });

  it("changes nothing but the mentions", () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: "grapheme" }), { maxLength: 8 }), (pieces) => {
        const text = pieces.join(OLD);
        const replaced = replaceMentions(text, OLD, NEW);
        assert.equal(replaced.split(NEW).join(OLD), text.split(NEW).join(OLD));
        if (!text.includes(OLD)) assert.equal(replaced, text);
      }),
      RUNS,
    );
  });

  it("is not slow on long runs of dashes", () => {
    const text = `${"-_".repeat(200_000)}${OLD}`.repeat(3);
    const started = performance.now();
    replaceMentions(text, OLD, NEW);
    assert.ok(performance.now() - started < 5000);
  });
});
