/** frontrow-api: the peers' protocol. */
import config from "../../frontrow.config.ts";
import { resolveConfig } from "../../shared/collections/mod.ts";
import { connect } from "../../shared/sync/connect.ts";
import { readEnvironment } from "../environment.ts";
import { createApiApp } from "./app.ts";
import { createVerify } from "./verify.ts";

const environment = readEnvironment((name) => Deno.env.get(name));
const app = createApiApp({
  ...connect(environment),
  config: resolveConfig(config),
  url: environment.url,
  secretKeys: environment.secretKeys,
  verify: createVerify(environment),
  now: Date.now,
});

export default { fetch: app.fetch };
