/** A TCP proxy that stands for distance: every byte arrives half a round trip later; the bandwidth is not limited. */
import { connect, createServer, type Socket } from "node:net";

export interface Delay {
  /** The same address, through the proxy. */
  url: string;
  /** What went through since the last look. */
  look(): Traffic;
  close(): Promise<void>;
}

export interface Traffic {
  connections: number;
  /**
   * How often the client waited for an answer: what distance multiplies. Without the first of each connection, and without
   * a farewell, which nobody answers.
   */
  round_trips: number;
  /** Bytes to and from the server. */
  sent: number;
  received: number;
}

/** Bytes waiting for a receiver, above which the sender is not read any more. */
const MOST_WAITING = 8 * 1024 * 1024;

/** @param roundTrip milliseconds; 0 only counts */
export async function openDelay(url: string, roundTrip: number): Promise<Delay> {
  const target = new URL(url);
  const fresh = (): Traffic => ({ connections: 0, round_trips: 0, sent: 0, received: 0 });
  let traffic = fresh();
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true, allowHalfOpen: true }, (near) => {
    traffic.connections++;
    const far = connect({
      host: target.hostname,
      port: Number(target.port),
      noDelay: true,
      allowHalfOpen: true,
    });
    let speaker: "client" | "server" = "client";
    let answers = 0;
    carry(near, far, roundTrip / 2, (bytes) => {
      speaker = "client";
      traffic.sent += bytes;
    });
    carry(far, near, roundTrip / 2, (bytes) => {
      if (speaker === "client" && ++answers > 1) traffic.round_trips++;
      speaker = "server";
      traffic.received += bytes;
    });
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on("close", () => sockets.delete(socket));
      socket.on("error", () => {
        near.destroy();
        far.destroy();
      });
    }
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const through = new URL(url);
  through.port = String((server.address() as { port: number }).port);
  return {
    url: through.href.replace(/\/$/, ""),
    look() {
      const seen = traffic;
      traffic = fresh();
      return seen;
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((done) => server.close(done));
    },
  };
}

/** Passes on what comes, in order, `lag` milliseconds later. */
function carry(from: Socket, to: Socket, lag: number, heard: (bytes: number) => void): void {
  const queue: { due: number; chunk: Buffer | null }[] = [];
  let isWaiting = false;
  const pass = (): void => {
    isWaiting = false;
    while (queue.length > 0 && queue[0]!.due <= performance.now()) {
      const { chunk } = queue.shift()!;
      if (chunk === null) to.end();
      else if (!to.destroyed) to.write(chunk);
    }
    if (to.writableLength > MOST_WAITING && !from.isPaused()) {
      from.pause();
      to.once("drain", () => from.resume());
    }
    if (queue.length > 0) wait(queue[0]!.due - performance.now());
  };
  const wait = (milliseconds: number): void => {
    if (isWaiting) return;
    isWaiting = true;
    setTimeout(pass, Math.max(1, milliseconds));
  };
  const enqueue = (chunk: Buffer | null): void => {
    queue.push({ due: performance.now() + lag, chunk });
    if (lag === 0) pass();
    else wait(lag);
  };
  from.on("data", (chunk: Buffer) => {
    heard(chunk.length);
    enqueue(chunk);
  });
  from.on("end", () => enqueue(null));
}
