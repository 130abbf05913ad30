/** `npm run -s package`: builds the npm package into dist/. Then: `npm publish ./dist`, or try it with `npm pack ./dist`. */
import { join } from "node:path";
import { root } from "./checks/run.ts";
import { buildPackage } from "./package/build.ts";

const folder = join(root, "dist");
const started = performance.now();
await buildPackage(folder);
console.log(`dist/ is the package, built in ${((performance.now() - started) / 1000).toFixed(1)} s`);
