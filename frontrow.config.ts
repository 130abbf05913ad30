/** This project's collections. The one that ships is the garden; put your own here instead. */

export { default } from "./examples/garden/config.ts";
