import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";

export type Role = "anon" | "authenticated" | "service_role";

/** The project's API keys, and the secret its JWTs are signed with. */
export interface Keys {
  /** `sb_secret_…`: service_role. Not a JWT; goes in the header `apikey`. */
  secret: string;
  /** `sb_publishable_…`: anon. */
  publishable: string;
  jwtSecret: string;
}

/** Who a request speaks for. */
export interface Caller {
  role: Role;
  claims: Record<string, unknown>;
  /** The JWT the services behind the gateway see in `authorization`. */
  token: string;
}

export function makeKeys(): Keys {
  const random = (bytes: number) => randomBytes(bytes).toString("base64url");
  return {
    secret: `sb_secret_${random(24)}`,
    publishable: `sb_publishable_${random(24)}`,
    jwtSecret: random(32),
  };
}

const base64url = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
const signature = (text: string, secret: string) => createHmac("sha256", secret).update(text).digest();

/** An HS256 JWT. */
export function signJwt(claims: Record<string, unknown>, secret: string): string {
  const text = `${base64url({ alg: "HS256", typ: "JWT" })}.${base64url(claims)}`;
  return `${text}.${signature(text, secret).toString("base64url")}`;
}

/** The claims of a JWT we signed and that has not expired, else the reason it is refused. */
export function verifyJwt(
  token: string,
  secret: string,
): Record<string, unknown> | "malformed" | "signature" | "expired" {
  const [header, payload, signed] = token.split(".");
  if (!header || !payload || !signed) return "malformed";
  const expected = signature(`${header}.${payload}`, secret);
  const actual = Buffer.from(signed, "base64url");
  if (actual.length !== expected.length || !timingSafeEqual(actual, expected)) return "signature";
  try {
    const claims = JSON.parse(Buffer.from(payload, "base64url").toString());
    return typeof claims.exp === "number" && claims.exp * 1000 < Date.now() ? "expired" : claims;
  } catch {
    return "malformed";
  }
}

export type Refusal = "no-key" | "bad-key" | "bad-token" | "expired-token";

/** Makes what the API gateway does with a request's keys: decides the caller, or refuses. */
export function makeGateway(keys: Keys): (headers: Headers, url: URL) => Caller | Refusal {
  const ofRole = (role: Role): Caller => {
    const claims = { role, iss: "frontrow-local", iat: 1_700_000_000, exp: 4_100_000_000 };
    return { role, claims, token: signJwt(claims, keys.jwtSecret) };
  };
  const service = ofRole("service_role");
  const anon = ofRole("anon");
  const fromToken = (token: string): Caller | Refusal => {
    const claims = verifyJwt(token, keys.jwtSecret);
    if (claims === "expired") return "expired-token";
    if (typeof claims === "string") return "bad-token";
    const role = claims.role === "service_role" || claims.role === "authenticated" ? claims.role : "anon";
    return { role, claims, token };
  };
  return (headers, url) => {
    const key = headers.get("apikey") ?? url.searchParams.get("apikey");
    const bearer = headers.get("authorization")?.replace(/^Bearer\s+/i, "");
    if (!key) return "no-key";
    const byKey = key === keys.secret ? service : key === keys.publishable ? anon : fromToken(key);
    if (typeof byKey === "string") return "bad-key";
    if (!bearer || bearer === key) return byKey;
    return bearer.startsWith("sb_") ? "bad-token" : fromToken(bearer);
  };
}
