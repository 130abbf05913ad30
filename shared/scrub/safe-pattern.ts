/**
 * Regular expressions of a person's, of which none can hang: what backtracking could try at one place is counted before
 * anything is matched. Groups, alternatives, classes and bounded repeats, all of `(?:a|b){1,3}`; no `*` and `+` (say how
 * many), nothing that looks back or ahead.
 */

/** Ways to match at one place, and characters of a match, at most. */
const MAX_WAYS = 1000;
const MAX_LENGTH = 1000;

interface Size {
  ways: number;
  least: number;
  most: number;
}

/** The expression, for all places of a text; or why it is refused, as the end of a sentence. */
export function safePattern(source: string): RegExp | string {
  let pattern: RegExp;
  try {
    pattern = new RegExp(source, "gu");
  } catch {
    return "must be a regular expression of JavaScript's";
  }
  const size = sizeOf(source);
  if (typeof size === "string") return size;
  if (size.least === 0) return "must not match nothing at all";
  if (size.ways > MAX_WAYS || size.most > MAX_LENGTH)
    return `could take too long: ${Math.min(size.ways, 1e9)} ways to match (at most ${MAX_WAYS}), ${Math.min(size.most, 1e9)} characters (at most ${MAX_LENGTH})`;
  return pattern;
}

/** The source is known to be valid. */
function sizeOf(source: string): Size | string {
  let at = 0;
  let refusal: string | null = null;
  const refuse = (why: string): void => {
    refusal ??= why;
  };

  function alternatives(): Size {
    const all = [sequence()];
    while (source[at] === "|") {
      at++;
      all.push(sequence());
    }
    return {
      ways: all.reduce((sum, { ways }) => sum + ways, 0),
      least: Math.min(...all.map(({ least }) => least)),
      most: Math.max(...all.map(({ most }) => most)),
    };
  }

  function sequence(): Size {
    const size = { ways: 1, least: 0, most: 0 };
    while (at < source.length && source[at] !== "|" && source[at] !== ")") {
      const one = repeated(atom());
      size.ways *= one.ways;
      size.least += one.least;
      size.most += one.most;
    }
    return size;
  }

  function atom(): Size {
    const char = source[at]!;
    if (char === "(") return group();
    if (char === "[") return characters(/\[(?:\\[\s\S]|[^\]\\])*\]/y);
    if (char === "\\") {
      if (/[1-9k]/.test(source[at + 1]!)) refuse("must not refer back to a group");
      const isPlace = /[bB]/.test(source[at + 1]!);
      const size = characters(
        /\\(?:[pP]\{[^}]*\}|u\{[^}]*\}|u[\dA-Fa-f]{4}|x[\dA-Fa-f]{2}|c[A-Za-z]|[\s\S])/y,
      );
      return isPlace ? { ways: 1, least: 0, most: 0 } : size;
    }
    at += char.codePointAt(0)! > 0xffff ? 2 : 1;
    return char === "^" || char === "$" ? { ways: 1, least: 0, most: 0 } : { ways: 1, least: 1, most: 2 };
  }

  function characters(token: RegExp): Size {
    token.lastIndex = at;
    at += token.exec(source)![0].length;
    // A character beyond the first plane is two units.
    return { ways: 1, least: 1, most: 2 };
  }

  function group(): Size {
    at++;
    if (source[at] === "?") {
      if (source[at + 1] !== ":") refuse("must not look ahead or back, nor name its groups: write (?:…)");
      at = source[at + 1] === ":" ? at + 2 : at + 1;
    }
    const size = alternatives();
    at++;
    return size;
  }

  function repeated(size: Size): Size {
    const token = /([*+?]|\{(\d+)(?:(,)(\d*))?\})\??/y;
    token.lastIndex = at;
    const found = token.exec(source);
    if (found === null) return size;
    at += found[0].length;
    const [, mark, from, comma, to] = found;
    if (mark === "*" || mark === "+" || (comma !== undefined && to === "")) {
      refuse("must say how many at most, as {1,20} does where + does not");
      return size;
    }
    const least = mark === "?" ? 0 : Number(from);
    const most = mark === "?" ? 1 : Number(to ?? from);
    let ways = 0;
    for (let times = least; times <= most && ways <= MAX_WAYS; times++) ways += size.ways ** times;
    return { ways, least: size.least * least, most: size.most * most };
  }

  const size = alternatives();
  return refusal ?? size;
}
