/** New documents from templates. */

export { type NewDocument, newDocumentOf } from "./new-document.ts";
export { newFromTemplate } from "./new-from-template.ts";
