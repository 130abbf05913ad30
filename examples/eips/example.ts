/** The real EIP files: 332 of them, not copied into the project. */

import type { Example } from "../example.ts";
import config from "./config.ts";

export default {
  name: "eips",
  config,
  schemaFile: "examples/eips/schema.sql",
  content: {
    folders: ["../shared/corpora/eips"],
    missing:
      "The EIP files are not here. Get them with: git clone --depth 1 https://github.com/ethereum/EIPs, and name that folder with --content.",
  },
  trial: {
    path: "EIPS/eip-1014.md",
    statement: "update eips set status = 'Living' where eip = 1014;",
  },
} satisfies Example;
