/** Ids that ten people can ask for at once: how they are written, where they come from, and how one is renamed. */

export { type IdBlock, leftIn, takeNext } from "./id-block.ts";
export { compileIdFormat, type IdFormat } from "./id-format.ts";
export { createHubIds, type IdSource } from "./id-source.ts";
export { isMentioned, replaceMentions } from "./mentions.ts";
export { isProvisional, provisionalId } from "./provisional.ts";
