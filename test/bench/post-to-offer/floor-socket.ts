import { once } from "node:events";
import { WebSocketServer } from "ws";
import { silentLogger } from "../../../src/platform/log/log.ts";
import { openWakeBus } from "../../../src/platform/realtime/open-wake-bus.ts";
import { floorEnvironment } from "./floor-job.ts";

// The floor's third process: woken, it sends one frame to whoever is connected.
const environment = floorEnvironment.parse(process.env);
const server = new WebSocketServer({ host: "127.0.0.1", port: 0, perMessageDeflate: false });
await once(server, "listening");
const bus = openWakeBus({
  kind: environment.FLOOR_BACKEND,
  url: environment.FLOOR_QUEUE,
  namespace: "floor",
  log: silentLogger,
});
await new Promise<void>((resolve) => {
  bus.listen({
    onWake: (keys) => {
      for (const client of server.clients) for (const key of keys) client.send(key);
    },
    onConnected: resolve,
  });
});
process.once("SIGTERM", () => process.exit(0));
const address = server.address();
process.stdout.write(`ws://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}\n`);
