/** What a function is given by the platform. Only the index files call this; everything else is passed in. */
import type { Secrets } from "./auth.ts";

export interface Environment extends Secrets {
  url: string;
  /** The key the function itself works with. */
  key: string;
  /** The project's publishable key (or the legacy anon key): what a person's token travels beside. */
  publishableKey: string | null;
  /** Which project this is, when its URL does not say: set it on self-hosted stacks, for the functions and the CLI alike. */
  identity: string | undefined;
  /** Signs events from elsewhere; Standard Webhooks form, `whsec_…`, several with blanks between them. */
  eventsSecret: string | null;
}

/**
 * Reads the environment in the platform's own order: named secret keys, one secret key, the legacy service key.
 * @throws {Error} when the project's URL or every key is missing.
 */
export function readEnvironment(get: (name: string) => string | undefined): Environment {
  const url = get("SUPABASE_URL");
  const named = Object.values(parseKeys(get("SUPABASE_SECRET_KEYS")));
  const secretKeys = [...named, get("SUPABASE_SECRET_KEY"), get("SUPABASE_SERVICE_ROLE_KEY")].filter(
    (key): key is string => typeof key === "string" && key !== "",
  );
  const preferred = parseKeys(get("SUPABASE_SECRET_KEYS")).default ?? secretKeys[0];
  if (url === undefined || url === "") throw new Error("SUPABASE_URL is not set");
  if (preferred === undefined) throw new Error("no secret key is set: SUPABASE_SECRET_KEYS");
  return {
    url,
    key: preferred,
    publishableKey:
      parseKeys(get("SUPABASE_PUBLISHABLE_KEYS")).default ||
      get("SUPABASE_PUBLISHABLE_KEY") ||
      get("SUPABASE_ANON_KEY") ||
      null,
    identity: get("FRONTROW_PROJECT") || undefined,
    secretKeys,
    hookToken: get("FRONTROW_HOOK_TOKEN") || null,
    eventsSecret: get("FRONTROW_EVENTS_SECRET") || null,
  };
}

function parseKeys(json: string | undefined): Record<string, string> {
  try {
    const keys: unknown = JSON.parse(json ?? "{}");
    return typeof keys === "object" && keys !== null ? (keys as Record<string, string>) : {};
  } catch {
    return {};
  }
}
