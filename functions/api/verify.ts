/** Tokens are verified by the Data API, which knows the project's signing keys: a token it takes is a good one. */
import { FrontrowError } from "../../shared/errors.ts";

/** Milliseconds. */
const PATIENCE = 10_000;

/** Answers a token's claims, or null for one that is not to be believed, or not of somebody who is signed in. */
export function createVerify({ url, publishableKey }: { url: string; publishableKey: string | null }) {
  return async (token: string): Promise<Record<string, unknown> | null> => {
    if (publishableKey === null) return null;
    let status: number;
    try {
      const response = await fetch(`${url}/rest/v1/rpc/frontrow_claims`, {
        method: "POST",
        headers: {
          apikey: publishableKey,
          authorization: `Bearer ${token}`,
          "content-type": "application/json",
        },
        body: "{}",
        signal: AbortSignal.timeout(PATIENCE),
      });
      if (response.ok) return await response.json();
      await response.body?.cancel();
      status = response.status;
    } catch (cause) {
      throw unavailable("the database could not be reached", cause);
    }
    if (status === 401 || status === 403) return null;
    throw unavailable(`the Data API answered ${status}`);
  };
}

function unavailable(why: string, cause?: unknown): FrontrowError {
  return new FrontrowError("HUB_UNAVAILABLE", `Cannot verify the token: ${why}.`, { cause });
}
