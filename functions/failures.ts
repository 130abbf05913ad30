/** Errors on their way out: the code, the message and where; never a stack, never content. */
import type { ErrorHandler } from "hono";
import { HTTPException } from "hono/http-exception";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { FrontrowError } from "../shared/errors.ts";

export const toResponse: ErrorHandler = (error, c) => {
  if (error instanceof FrontrowError)
    return c.json({ error: error.toJSON() }, error.status as ContentfulStatusCode);
  if (error instanceof HTTPException) return c.json({ error: { code: "REQUEST_INVALID" } }, error.status);
  console.error(JSON.stringify({ level: "error", rule: "defect", name: error.name }));
  return c.json({ error: { code: "DEFECT" } }, 500);
};

/** A refused request body, as one answer everywhere. */
export function invalidRequest(message: string): FrontrowError {
  return new FrontrowError("REQUEST_INVALID", message);
}
