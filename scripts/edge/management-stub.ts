/** Just enough of Supabase's Management API, on loopback, for `supabase functions deploy --use-api` to succeed. */

/** One function as the CLI uploads it. */
export interface Upload {
  slug: string;
  metadata: { entrypoint_path: string; import_map_path: string; verify_jwt: boolean; name: string };
  /** By path, relative to the project's root. */
  files: Map<string, Uint8Array>;
}

export interface ManagementStub {
  url: string;
  uploads: Upload[];
  stop(): Promise<void>;
}

/** Accepts every token. Keeps what is uploaded. */
export function startManagementStub(): ManagementStub {
  const uploads: Upload[] = [];
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, async (request) => {
    const { pathname, searchParams } = new URL(request.url);
    const [, ref, rest = ""] = /^\/v1\/projects\/([a-z]{20})(\/.*)?$/.exec(pathname) ?? [];
    if (!ref) return Response.json({ message: `the stub has no ${pathname}` }, { status: 404 });
    if (request.method === "POST" && rest === "/functions/deploy") {
      const upload = await readUpload(searchParams.get("slug") ?? "", await request.formData());
      uploads.push(upload);
      return Response.json(describe(upload), { status: 201 });
    }
    if (rest === "/functions") {
      if (request.method === "PUT") return Response.json({ functions: await request.json() });
      return Response.json(uploads.map(describe));
    }
    if (rest === "")
      return Response.json({ id: ref, ref, name: "stub", status: "ACTIVE_HEALTHY", region: "eu-west-1" });
    return Response.json({ message: `the stub has no ${request.method} ${pathname}` }, { status: 404 });
  });
  return { url: `http://127.0.0.1:${server.addr.port}`, uploads, stop: () => server.shutdown() };
}

async function readUpload(slug: string, form: FormData): Promise<Upload> {
  const files = new Map<string, Uint8Array>();
  for (const part of form.getAll("file")) {
    if (part instanceof File) files.set(part.name, new Uint8Array(await part.arrayBuffer()));
  }
  return { slug, metadata: JSON.parse(String(form.get("metadata"))), files };
}

function describe({ slug, metadata }: Upload) {
  const id = "11111111-1111-4111-8111-111111111111";
  return {
    id,
    slug,
    name: slug,
    status: "ACTIVE",
    version: 1,
    created_at: 1,
    updated_at: 1,
    verify_jwt: metadata.verify_jwt,
  };
}
