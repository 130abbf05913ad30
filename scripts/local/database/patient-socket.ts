import { Socket } from "node:net";

/** In the server's last words, when an administrator ends a session. */
const ENDED_BY_ADMIN = Buffer.from("C57P01\0");
const SAID = Buffer.from("SFATAL\0VFATAL\0C57P01\0Mterminating connection due to administrator command\0\0");
/** Those last words, and "ready for the next query", outside any transaction. */
const LAST_WORDS = Buffer.concat([
  Buffer.from([0x45, 0, 0, 0, SAID.length + 4]),
  SAID,
  Buffer.from([0x5a, 0, 0, 0, 5, 0x49]),
]);

/**
 * A socket for the driver `postgres`, which loses its balance when the server ends a connection in the middle of a
 * transaction: it sends its own `rollback` down a socket that it has just forgotten (an uncaught TypeError), or never
 * flushes anything on that connection again, and it tells the server's last words to whoever uses that connection next.
 * So the end comes in the order it can bear: the last words to whom they concern, then an error, while the socket is still
 * there for the rollback that follows, then, once that is out of the way, the close. The last words are said once more, as
 * they may have come when nobody was asking: what was asked after them, a commit perhaps, must not pass for done.
 */
export class PatientSocket extends Socket {
  #hasLastWords = false;

  override emit(event: string | symbol, ...args: unknown[]): boolean {
    if (event === "data") this.#hasLastWords = (args[0] as Buffer).includes(ENDED_BY_ADMIN);
    if (event !== "close") return super.emit(event, ...args);
    const later = (run: () => void) => void setImmediate(() => setImmediate(run));
    later(() => {
      if (this.#hasLastWords) super.emit("data", LAST_WORDS);
      super.emit(
        "error",
        Object.assign(new Error("the server closed the connection"), { code: "CONNECTION_CLOSED" }),
      );
      later(() => super.emit("close", false));
    });
    return true;
  }
}

/** A factory for the driver's option `socket`; connecting fails as it does for the driver's own sockets. */
export function patientSocket({ host, port }: { host: string[]; port: number[] }): Socket {
  const socket = new PatientSocket();
  const write = socket.write.bind(socket) as (...args: unknown[]) => boolean;
  // What comes after the end goes nowhere, quietly: whoever sent it is told by the close.
  socket.write = (...args: unknown[]) => socket.destroyed || write(...args);
  socket.connect(port[0]!, host[0]!);
  return socket;
}
