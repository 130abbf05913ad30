/** Which project a URL is of, so that a clone of a database can be told from the original. */

/** Names under which a local stack is reached, from the host and from inside its containers. */
const LOCAL =
  /^(localhost|127(\.\d{1,3}){3}|\[::1\]|0\.0\.0\.0|kong|api\.supabase\.internal|host\.docker\.internal|.*\.localhost)$/;
const HOSTED = /^([a-z0-9]+)\.supabase\.(co|in|red|green|net)$/;

/**
 * `https://<ref>.supabase.co` → the ref; a loopback or container address → `local`; any other → its host, with the port
 * when it is not the scheme's own.
 * @throws {TypeError} when it is no URL.
 */
export function projectIdentity(url: string): string {
  const { hostname, host } = new URL(url);
  if (LOCAL.test(hostname)) return "local";
  return HOSTED.exec(hostname)?.[1] ?? host;
}
