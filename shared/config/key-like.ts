/** Texts that are secrets by their looks: they must not be in a file that is committed. */

const LOOKS = [
  /^sb_(?:secret|publishable)_/,
  /^eyJ[\w-]{8,}\.[\w-]+\.[\w-]*$/, // a JSON web token
  /^sbp_[0-9a-f]{20,}$/,
  /^(?:gh[pousr]_|github_pat_|glpat-|ntn_|secret_|xox[abpr]-|sk-|AKIA)[\w-]{10,}$/,
  /-----BEGIN [A-Z ]*PRIVATE KEY-----/,
  /^[a-z][a-z0-9+.-]*:\/\/[^/\s:@]+:[^/\s@]+@/i, // a URL with a password in it
];

export function isKeyLike(text: string): boolean {
  const trimmed = text.trim();
  return LOOKS.some((look) => look.test(trimmed));
}
