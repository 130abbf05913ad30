/** The name of an object, a bucket or a collection, as a request may give it. */
import { string } from "zod";

/** What Postgres cannot hold, or no name of Storage's has, is refused before it gets there. */
export const name = string()
  .min(1)
  .max(1024)
  .refine((text) => !/[\p{Cc}\p{Cs}]/u.test(text));
