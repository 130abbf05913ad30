/** The line to an origin, which can be cut. */
import { Buffer } from "node:buffer";
import { createServer } from "node:http";

export interface Line {
  /** The origin by another address. */
  url: string;
  /** false: whoever asks gets no answer. */
  isUp: boolean;
  close(): Promise<unknown>;
}

export async function openLine(target: string): Promise<Line> {
  const line: Line = { url: "", isUp: true, close: async () => undefined };
  const server = createServer(async (request, response) => {
    if (!line.isUp) return void request.socket.destroy();
    const chunks: Uint8Array[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const { host: _, connection: __, "content-length": ___, ...headers } = request.headers;
    const answer = await fetch(`${target}${request.url}`, {
      method: request.method!,
      headers: headers as Record<string, string>,
      ...(chunks.length > 0 ? { body: Buffer.concat(chunks) } : {}),
    });
    response.writeHead(answer.status, { "content-type": answer.headers.get("content-type") ?? "" });
    response.end(Buffer.from(await answer.arrayBuffer()));
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  line.url = `http://127.0.0.1:${(server.address() as { port: number }).port}`;
  line.close = () =>
    new Promise((done) => {
      server.close(done);
      server.closeAllConnections();
    });
  return line;
}
