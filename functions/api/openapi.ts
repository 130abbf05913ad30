/** The OpenAPI document, made from the very schemas that requests are checked against. */
import { toJSONSchema, type ZodObject, type ZodType } from "zod";
import { FAILURES, type FailureCode } from "../../shared/errors.ts";
import * as schemas from "./schemas.ts";

export interface Route {
  method: "get" | "post";
  /** As OpenAPI writes it. */
  path: string;
  summary: string;
  /** Parts of the path. */
  place?: ZodObject;
  query?: ZodObject;
  body?: ZodType;
  answer: ZodType;
  /** Besides what every route may answer. */
  failures?: readonly FailureCode[];
}

export const ROUTES: readonly Route[] = [
  {
    method: "get",
    path: "/collections",
    summary: "The collections that are registered, with their columns' types.",
    answer: schemas.collectionsAnswer,
  },
  {
    method: "get",
    path: "/changes",
    summary: "Documents changed since a cursor, each once, at its newest revision. None is ever skipped.",
    query: schemas.changesQuery,
    answer: schemas.changesAnswer,
    failures: ["NOT_FOUND"],
  },
  {
    method: "get",
    path: "/documents/{collection}/{path}",
    summary: "One document. The path may have slashes.",
    place: schemas.documentPlace,
    query: schemas.documentQuery,
    answer: schemas.documentAnswer,
    failures: ["NOT_FOUND"],
  },
  {
    method: "post",
    path: "/documents",
    summary: "Many documents.",
    body: schemas.documentsBody,
    answer: schemas.documentsAnswer,
    failures: ["REQUEST_TOO_LARGE", "REQUEST_TIMEOUT"],
  },
  {
    method: "post",
    path: "/push",
    summary: "Texts made from the documents' revisions. What meets a newer revision is answered with it.",
    body: schemas.pushBody,
    answer: schemas.pushAnswer,
    failures: ["REQUEST_TOO_LARGE", "REQUEST_TIMEOUT", "NOT_REGISTERED", "PROJECT_MISMATCH"],
  },
  {
    method: "post",
    path: "/ids",
    summary: "Ids that nobody else has, or gets: ask before the document is made.",
    body: schemas.idsBody,
    answer: schemas.idsAnswer,
    failures: ["NOT_FOUND", "REQUEST_TOO_LARGE", "REQUEST_TIMEOUT"],
  },
  {
    method: "get",
    path: "/conflicts",
    summary: "Conflicts, newest first.",
    query: schemas.conflictsQuery,
    answer: schemas.conflictsAnswer,
  },
];

const EVERYWHERE: readonly FailureCode[] = [
  "REQUEST_INVALID",
  "UNAUTHORIZED",
  "RATE_LIMITED",
  "HUB_UNAVAILABLE",
];

/** The whole document, for a server at this address. */
export function openApi(server: string) {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const route of ROUTES)
    paths[route.path] = { ...paths[route.path], [route.method]: operationOf(route) };
  return {
    openapi: "3.1.0",
    info: { title: "Frontrow peers", version: "1", description: ABOUT },
    servers: [{ url: server }],
    paths,
    components: {
      securitySchemes: {
        secretKey: { type: "apiKey", in: "header", name: "apikey" },
        person: { type: "http", scheme: "bearer", bearerFormat: "JWT" },
      },
    },
    security: [{ secretKey: [] }, { person: [] }],
  };
}

const ABOUT =
  "A secret key sees every document. A person who is signed in sees those whose rows the policies of their own table let " +
  "them see; a deleted document has no row, so that they learn of deletions by asking for the documents they hold.";

function operationOf({ summary, place, query, body, answer, failures = [] }: Route) {
  const byStatus = new Map<number, FailureCode[]>();
  for (const code of [...EVERYWHERE, ...failures]) {
    const { status } = FAILURES[code];
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  return {
    summary,
    parameters: [...parametersOf(place, "path"), ...parametersOf(query, "query")],
    ...(body ? { requestBody: { required: true, content: content(body, "input") } } : {}),
    responses: {
      200: { description: "Done.", content: content(answer, "output") },
      ...Object.fromEntries(
        [...byStatus].map(([status, codes]) => [
          status,
          { description: codes.join(", "), content: content(schemas.failureAnswer, "output") },
        ]),
      ),
    },
  };
}

function parametersOf(given: ZodObject | undefined, where: "path" | "query") {
  if (given === undefined) return [];
  const { properties = {}, required = [] } = schemaOf(given, "input");
  return Object.entries(properties).map(([name, schema]) => ({
    name,
    in: where,
    required: where === "path" || required.includes(name),
    schema,
  }));
}

function content(of: ZodType, io: "input" | "output") {
  return { "application/json": { schema: schemaOf(of, io) } };
}

function schemaOf(of: ZodType, io: "input" | "output") {
  const { $schema: _, ...schema } = toJSONSchema(of, { io, unrepresentable: "any" });
  return schema;
}
