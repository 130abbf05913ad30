/**
 * The text without the run of `char` at its end. A pattern such as `/0+$/` starts again at every run inside the text,
 * which takes quadratic time on a hostile one; this takes linear time.
 */
export function trimEnd(text: string, char: string): string {
  let end = text.length;
  while (end > 0 && text[end - 1] === char) end--;
  return text.slice(0, end);
}
