import { once } from "node:events";
import { createServer } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { GatheringSocket } from "../../../src/platform/db/gathering-socket.ts";

/** Counts what goes to the operating system. */
class CountedSocket extends GatheringSocket {
  readonly sent: number[] = [];

  override _write(...given: Parameters<GatheringSocket["_write"]>): void {
    this.sent.push(1);
    super._write(...given);
  }

  override _writev(chunks: { chunk: unknown; encoding: BufferEncoding }[], done: (error?: Error | null) => void): void {
    this.sent.push(chunks.length);
    super._writev?.(chunks, done);
  }
}

describe("a socket that gathers", () => {
  it("sends what is written in one turn at once, across awaits and the driver's own corking, and the next turn apart", async () => {
    const received: Buffer[] = [];
    const server = createServer((socket) => socket.on("data", (data) => received.push(data))).listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    const socket = new CountedSocket();
    socket.connect(port, "127.0.0.1");
    await once(socket, "connect");
    // A timer's own turn and not what awaits it: promises of one turn come later than its ticks.
    await new Promise<void>((resolve) => {
      setTimeout(() => {
        socket.write(Buffer.from("a"));
        resolve();
      }, 1);
    });
    socket.cork();
    socket.write(Buffer.from("b"));
    socket.write(Buffer.from("c"));
    socket.uncork();
    await Promise.resolve();
    socket.write("d", "utf8");
    await delay(5);
    socket.write(Buffer.from("e"));
    await delay(20);
    expect(socket.sent).toEqual([4, 1]);
    expect(Buffer.concat(received).toString("utf8")).toBe("abcde");
    socket.destroy();
    server.close();
  });
});
