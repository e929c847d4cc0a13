import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";

/*
 * A TCP proxy that misbehaves when told to. What a network does to a connection:
 *
 *   cut        both ends get a reset
 *   delay      everything arrives, later, in order
 *   freeze     half-open: what is sent is swallowed without a word, until the end, which is a cut (a firewall that forgot us)
 *   stall      one side stops reading: the other's buffers fill up
 */

export interface Proxy {
  readonly port: number;
  /** Open connections. */
  size(): number;
  /** Resets the connections that `choose` picks; all by default. Says how many. */
  cut(choose?: (index: number) => boolean): number;
  /** Every byte from now on takes so long in each direction; 0 ends it. */
  delay(ms: number): void;
  /** Swallows everything, on new connections too. `thaw` cuts what was open and lets new ones through. */
  freeze(): void;
  thaw(): void;
  /** The clients that `choose` picks stop reading what the server sends. `unstall` lets them read on. */
  stall(choose: (index: number) => boolean): number;
  unstall(): void;
  close(): Promise<void>;
}

interface Link {
  readonly client: Socket;
  server: Socket | undefined;
  isStalled: boolean;
}

export type Upstream = () => readonly number[];

const HOST = "127.0.0.1";

/**
 * Listens on a free port and passes connections on to the first port of `upstream()` that takes them, as a load balancer
 * does that skips whoever refuses.
 */
export const openProxy = async (upstream: Upstream): Promise<Proxy> => {
  const links = new Set<Link>();
  let delayMs = 0;
  let isFrozen = false;
  let turn = 0;

  const drop = (link: Link): void => {
    links.delete(link);
    link.client.resetAndDestroy();
    link.server?.resetAndDestroy();
  };

  /** Passes bytes on in order, each as late as the delay says at its arrival. */
  const pump = (from: Socket, to: Socket, link: Link): void => {
    let queue = Promise.resolve();
    const write = (chunk: Buffer): void => {
      if (to.destroyed || isFrozen) return;
      if (!to.write(chunk)) {
        from.pause();
        to.once("drain", () => {
          if (!(link.isStalled && from === link.server)) from.resume();
        });
      }
    };
    from.on("data", (chunk: Buffer) => {
      if (isFrozen) return;
      if (delayMs === 0) void (queue = queue.then(() => write(chunk)));
      else {
        const due = new Promise<void>((resolve) => setTimeout(resolve, delayMs));
        queue = queue.then(async () => due).then(() => write(chunk));
      }
    });
    from.on("end", () => void (queue = queue.then(() => void to.end())));
    from.on("error", () => drop(link));
    from.on("close", () => {
      void queue.then(() => {
        links.delete(link);
        to.destroy();
      });
    });
  };

  const tryPorts = async (ports: readonly number[]): Promise<Socket | undefined> => {
    for (let tried = 0; tried < ports.length; tried += 1) {
      const port = ports[(turn + tried) % ports.length] ?? 0;
      const socket = connect({ port, host: HOST, noDelay: true });
      const isOpen = await once(socket, "connect").then(
        () => true,
        () => false,
      );
      if (isOpen) return socket;
    }
    return undefined;
  };

  const server = createServer({ noDelay: true, pauseOnConnect: true }, (client) => {
    const link: Link = { client, server: undefined, isStalled: false };
    links.add(link);
    client.on("error", () => drop(link));
    client.on("close", () => links.delete(link));
    if (isFrozen) return;
    turn += 1;
    void tryPorts(upstream()).then((found) => {
      if (found === undefined || client.destroyed || !links.has(link)) {
        found?.destroy();
        drop(link);
        return;
      }
      link.server = found;
      pump(found, client, link);
      pump(client, found, link);
      client.resume();
    });
  });
  server.listen(0, HOST);
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the proxy has no port");

  const chosen = (choose: (index: number) => boolean): Link[] => [...links].filter((_, index) => choose(index));
  return {
    port: address.port,
    size: () => links.size,
    cut: (choose = () => true) => {
      const some = chosen(choose);
      for (const link of some) drop(link);
      return some.length;
    },
    delay: (ms) => {
      delayMs = ms;
    },
    freeze: () => {
      isFrozen = true;
    },
    thaw: () => {
      isFrozen = false;
      // Bytes were lost: whoever goes on as if nothing had happened would read nonsense.
      for (const link of links) drop(link);
    },
    stall: (choose) => {
      const some = chosen(choose);
      for (const link of some) {
        link.isStalled = true;
        link.server?.pause();
      }
      return some.length;
    },
    unstall: () => {
      for (const link of links) {
        if (link.isStalled) link.server?.resume();
        link.isStalled = false;
      }
    },
    close: async () => {
      for (const link of links) drop(link);
      server.close();
      await once(server, "close");
    },
  };
};
