/** frontrow-sync: the worker. */
import config from "../../frontrow.config.ts";
import { resolveConfig } from "../../shared/collections/mod.ts";
import { connect } from "../../shared/sync/connect.ts";
import { readEnvironment } from "../environment.ts";
import { waitUntil } from "../wait-until.ts";
import { createSyncApp } from "./app.ts";

const environment = readEnvironment((name) => Deno.env.get(name));
const { hub, bucket } = connect(environment);
const app = createSyncApp({ hub, bucket, config: resolveConfig(config), secrets: environment, waitUntil });

export default { fetch: app.fetch };
