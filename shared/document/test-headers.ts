/** Generated YAML headers: what people write (`header`), and what nobody does (`soup`). */

import fc from "fast-check";

const plainWord = fc.constantFrom(
  ..."draft yes no on null ~ true False 1.10 012 0x1F 1e3 2024-01-01 12:30 1_000 .inf -1 a-b c# it's x, ünï 日本 🌱 - ? : key: http://a.b/c#d @x `y %z & * ! | > ' \"".split(
    " ",
  ),
);
/** A text a column may hold: words, blanks, line breaks and what needs care. */
export const anyText: fc.Arbitrary<string> = fc.oneof(
  fc.array(plainWord, { maxLength: 6 }).map((words) => words.join(" ")),
  fc.string({
    unit: fc.constantFrom(..."ab :#-'\"\\,[]{}&*!|>%@`\n\t\r~é日\u2028\u0085\ufeff", "🌱", "\n\n", "  "),
    maxLength: 24,
  }),
  fc.string({ unit: "grapheme", maxLength: 12 }).map((text) => text.replaceAll("\0", "")),
  fc.constant("long ".repeat(60).trim()),
);

const name = fc.constantFrom(
  ..."a title tags date-x draft_2 k1 Über x.y".split(" "),
  "two words",
  '"q k"',
  "'s k'",
);
const simplePlain = fc.constantFrom(
  ..."draft yes null ~ true 1.10 012 1e3 2024-01-01 12:30 it's ünï 日本 http://a.b/c#d a#b -x".split(" "),
  "two words",
  "trailing:colon",
  "",
);
const quoted = fc.constantFrom(
  "'single'",
  "'it''s'",
  '"double"',
  '"esc \\n \\u00e9 \\" x"',
  "''",
  '""',
  '"a: b # c"',
);
const flow = fc.constantFrom(
  "[]",
  "[a, b]",
  "[ a , 'b' ]",
  "{}",
  "{ a: 1, b: [x, y] }",
  '["a", b c, 1.10]',
  "[a, b,]",
  "{a: x}",
  "[[a], [b, c]]",
);
const blank = fc.constantFrom("", "", "", "", "\n", "# a comment\n", "  # an indented comment\n", " \n");
const comment = fc.constantFrom("", "", "", " # why", "   # aligned");
const gap = fc.constantFrom(" ", " ", " ", "  ", "      ");

function block(indent: number, depth: number): fc.Arbitrary<string> {
  const pad = " ".repeat(indent);
  const scalar = fc.tuple(gap, fc.oneof(simplePlain, quoted, flow), comment).map(([space, value, after]) => {
    return value === "" ? `${after}\n` : `${space}${value}${after}\n`;
  });
  const literal = fc
    .tuple(
      fc.constantFrom("|", ">", "|-", ">-", "|+", ">+", "|2", "| # why"),
      fc.array(fc.constantFrom("text", "two words", "# no comment", "", "- x", "k: v", "  more"), {
        maxLength: 4,
      }),
    )
    .map(([head, lines]) => {
      const body = ["text", ...lines].map((line) => (line === "" ? "" : `${pad}  ${line}`));
      return ` ${head}\n${body.join("\n")}\n`;
    });
  const folded = fc.constantFrom(
    ` two\n${pad}  lines\n`,
    ` "two\n${pad}  lines"\n`,
    ` 'two\n\n${pad}  lines'\n`,
  );
  const deeper: fc.Arbitrary<string>[] = [];
  if (depth > 0) {
    const inset = fc.constantFrom(0, 2, 2, 4);
    deeper.push(inset.chain((by) => list(indent + by, depth - 1).map((lines) => `\n${lines}`)));
    deeper.push(
      fc.constantFrom(2, 2, 4).chain((by) => map(indent + by, depth - 1).map((lines) => `\n${lines}`)),
    );
  }
  return fc.oneof({ weight: 4, arbitrary: scalar }, literal, folded, ...deeper);
}

function list(indent: number, depth: number): fc.Arbitrary<string> {
  const pad = " ".repeat(indent);
  const item = fc.oneof(
    {
      weight: 3,
      arbitrary: fc.tuple(fc.oneof(simplePlain, quoted, flow), comment).map(([a, b]) => ` ${a}${b}\n`),
    },
    ...(depth > 0 ? [map(indent + 2, depth - 1).map((lines) => ` ${lines.slice(indent + 2)}`)] : []),
  );
  return fc
    .array(item, { minLength: 1, maxLength: 4 })
    .map((items) => items.map((one) => `${pad}-${one}`).join(""));
}

function map(indent: number, depth: number): fc.Arbitrary<string> {
  const pad = " ".repeat(indent);
  const entry = fc.tuple(name, block(indent, depth));
  return fc
    .uniqueArray(entry, { minLength: 1, maxLength: 4, selector: ([key]) => key.replace(/["']/g, "") })
    .map((entries) => entries.map(([key, value]) => `${pad}${key}:${value}`).join(""));
}

/** A header people might have written; now and then one no reader takes. */
export const header: fc.Arbitrary<string> = fc
  .array(fc.tuple(blank, map(0, 2)), { minLength: 1, maxLength: 3 })
  .map((groups) => {
    const seen = new Set<string>();
    // Groups may repeat a key of another group: those are told apart by a number.
    return groups
      .map(
        ([before, lines], index) =>
          before + lines.replace(/^(?=\w|["'Ü])/gm, () => (index === 0 ? "" : `g${index}`)),
      )
      .filter((part) => !seen.has(part) && seen.add(part))
      .join("");
  });

const token = fc.constantFrom(
  ..."a b key : :  - -  ? [ ] { } , ' \" | > |- >+ # & * ! ~ << --- ... % @ 1 é \\ \\n 'x' \"y\" [a] {a: b} a: -".split(
    " ",
  ),
  " ",
  "  ",
  "\n",
  "\n",
  "\n  ",
  "\n- ",
  "\nk: ",
  "\n  j: ",
  "\t",
  "\r\n",
  ": ",
  " #",
  "&a ",
  "*a",
  "!!str ",
);

/** Pieces of YAML in no order, ending with a line break. */
export const soup: fc.Arbitrary<string> = fc
  .array(token, { maxLength: 14 })
  .map((tokens) => `${tokens.join("")}\n`)
  .map((text) => text.replace(/^---[ \t]*$/gm, "k: v"));
