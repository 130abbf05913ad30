import { Socket } from "node:net";

/**
 * A socket for the driver `postgres`, which loses its balance when the server ends a connection in the middle of a
 * transaction: the driver sends its own `rollback` down a socket it has just forgotten (an uncaught TypeError), or never
 * flushes anything on that connection again. So the end is told in the order it can bear: first as an error, while the
 * socket is still there for the rollback that follows, then, once that is out of the way, as the close.
 */
export class PatientSocket extends Socket {
  override emit(event: string | symbol, ...args: unknown[]): boolean {
    if (event !== "close") return super.emit(event, ...args);
    const later = (run: () => void) => void setImmediate(() => setImmediate(run));
    later(() => {
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
