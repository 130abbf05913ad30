/** What a person's data and what a secret looks like in running text. None of these can take long on any text. */

/** Rather too much than too little: a name at a host, as in `git@github.com`, is an address, too. */
const EMAIL =
  /(?<![\p{L}\p{N}._%+-])[\p{L}\p{N}._%+-]{1,64}@(?:[\p{L}\p{N}](?:[\p{L}\p{N}-]{0,62})\.){1,8}\p{L}{2,24}(?![\p{L}\p{N}])/gu;

/** Written as telephone numbers are: with a country's code, a leading zero and a gap, or America's 3-3-4. No date is one. */
const PHONE = new RegExp(
  String.raw`(?<![\p{L}\p{N}.,+/-])(?:` +
    [
      String.raw`(?:\+|00)[1-9](?:[ ().\/-]{0,3}\d){7,14}`,
      String.raw`0[1-9](?:[ .-]\d\d){4}`,
      String.raw`\(?0[1-9]\d{1,3}\)?[ \/-]{1,3}\d{3,8}(?:[ -]\d{2,6}){0,2}`,
      String.raw`0[1-9][ \/]\d{4,8}`,
      String.raw`(?:\(\d{3}\) ?|\d{3}[-. ])\d{3}[-. ]\d{4}`,
    ].join("|") +
    String.raw`)(?![\p{L}\p{N}]|[-.]\d)`,
  "gu",
);

/** Keys and tokens by their makers' marks, and passwords in addresses. */
const SECRET = new RegExp(
  [
    String.raw`\bsb_(?:secret|publishable)_[\w-]{6,200}`,
    String.raw`\b(?:gh[pousr]_|github_pat_|glpat-|ntn_|secret_|xox[abpr]-|sk-|sbp_)[\w-]{16,255}`,
    String.raw`\bya29\.[\w-]{10,500}`,
    String.raw`\bAKIA[A-Z0-9]{16}\b`,
    String.raw`\beyJ[\w-]{8,4000}\.[\w-]{8,8000}\.[\w-]{0,1000}`,
    String.raw`(?<=\b[Bb]earer )[\w.~+\/-]{16,4000}={0,2}`,
    String.raw`(?<=\b[a-z][a-z0-9+.-]{1,20}:\/\/)[^\/\s:@]{1,100}:[^\/\s@]{1,200}(?=@)`,
    String.raw`(?<=[?&](?:access_token|api_key|apikey|key|password|secret|sig|signature|token)=)[^&\s#"'<>)\]]{6,1000}`,
  ].join("|"),
  "gu",
);

export const KNOWN_PATTERNS = { email: EMAIL, phone: PHONE, secret: SECRET } as const;
export type KnownPattern = keyof typeof KNOWN_PATTERNS;
