import { createServer } from "node:http";
import { setImmediate as yielding } from "node:timers/promises";
import { WebSocket, WebSocketServer } from "ws";
import { z } from "zod";

/*
 * The rival in every ratio: `ws` with the options of the product and nothing behind it. The handshake is the same, with the
 * subprotocol and without compression; who connects is not asked, and there is no database. It greets like the product, so
 * that the same clients may be used, and sends what it is told to send to everybody.
 */

const broadcast = z.object({ broadcast: z.array(z.string()) });

const server = createServer();
const sockets = new WebSocketServer({ server, perMessageDeflate: false, maxPayload: 4_096 });
sockets.on("connection", (socket) => {
  socket.on("message", () => socket.send('{"type":"live"}'));
  socket.on("error", () => undefined);
});

process.on("message", (message) => {
  const parsed = broadcast.safeParse(message);
  if (!parsed.success) return;
  const send = async (): Promise<void> => {
    for (const text of parsed.data.broadcast) {
      const frame = Buffer.from(text);
      for (const socket of sockets.clients)
        if (socket.readyState === WebSocket.OPEN) socket.send(frame, { binary: false });
      // Sockets are written to between two messages, as they would be in a program that also does something else.
      await yielding();
    }
  };
  void send();
});

server.listen({ host: "127.0.0.1", port: 0, backlog: 4_096 }, () => {
  const address = server.address();
  process.stdout.write(`http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}\n`);
});
