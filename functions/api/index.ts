/** frontrow-api: the peers' protocol. */
import { connect } from "../../shared/sync/connect.ts";
import { readEnvironment } from "../environment.ts";
import { createApiApp } from "./app.ts";
import { createVerify } from "./verify.ts";

const environment = readEnvironment((name) => Deno.env.get(name));
const { hub, peer } = connect(environment);
const app = createApiApp({
  hub,
  peer,
  url: environment.url,
  secretKeys: environment.secretKeys,
  verify: createVerify(environment),
  now: Date.now,
});

export default { fetch: app.fetch };
