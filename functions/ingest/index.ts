/** frontrow-ingest: signals from outside. */
import { connect } from "../../shared/sync/connect.ts";
import { readEnvironment } from "../environment.ts";
import { createIngestApp } from "./app.ts";

const environment = readEnvironment((name) => Deno.env.get(name));
const { hub } = connect(environment);
const app = createIngestApp({ hub, secrets: environment, now: Date.now });

export default { fetch: app.fetch };
