import { createServer } from "node:http";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isPublicAddress } from "../../../src/platform/outbound/addresses.ts";
import { createPoster, publicOnly, type Poster } from "../../../src/platform/outbound/poster.ts";

describe("addresses of the public internet", () => {
  it.each([
    "0.0.0.0",
    "10.1.2.3",
    "100.64.0.1",
    "127.0.0.1",
    "127.255.255.255",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.0.1",
    "198.18.0.1",
    "203.0.113.9",
    "224.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::ffff:127.0.0.1",
    "::ffff:8.8.8.8",
    "64:ff9b::7f00:1",
    "fc00::1",
    "fd12::1",
    "fe80::1",
    "ff02::1",
    "2001:db8::1",
    "2001::1",
    "2002:7f00:1::",
    "not an address",
    "",
  ])("%s is none", (address) => {
    expect(isPublicAddress(address)).toBe(false);
  });

  it.each(["8.8.8.8", "1.1.1.1", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "2a00:1450:4009::1"])(
    "%s is one",
    (address) => {
      expect(isPublicAddress(address)).toBe(true);
    },
  );
});

describe("looking up a name that somebody else has named", () => {
  type Found = readonly (readonly [address: string, family: number])[];
  const lookUp = async (found: Found, all: boolean): Promise<unknown> =>
    new Promise((resolve) => {
      const answer = found.map(([address, family]) => ({ address, family }));
      publicOnly((_name, _options, callback) => callback(null, answer))("tools.example", { all }, (error, ...rest) =>
        resolve(error === null ? rest : error.name),
      );
    });

  it("hands on what is public, in both shapes that Node asks for", async () => {
    const both: Found = [
      ["8.8.8.8", 4],
      ["2606:4700::1111", 6],
    ];
    expect(await lookUp(both, true)).toEqual([both.map(([address, family]) => ({ address, family }))]);
    expect(await lookUp(both, false)).toEqual(["8.8.8.8", 4]);
  });

  it("refuses a name with one address inside, and one without any", async () => {
    const mixed: Found = [
      ["8.8.8.8", 4],
      ["169.254.169.254", 4],
    ];
    expect(await lookUp(mixed, true)).toBe("PrivateAddress");
    expect(await lookUp(mixed, false)).toBe("PrivateAddress");
    expect(await lookUp([], true)).toBe("PrivateAddress");
  });
});

describe("posting to an address that somebody else has named", () => {
  const seen: string[] = [];
  let bytes = 0;
  const server = createServer((request, reply) => {
    seen.push(request.url ?? "");
    request.resume();
    if (request.url === "/redirect") reply.writeHead(302, { location: "/elsewhere" }).end();
    else if (request.url === "/endless") {
      reply.writeHead(200);
      const chunk = Buffer.alloc(64 * 1024);
      const pour = (): void => {
        if (reply.destroyed) return;
        bytes += chunk.length;
        reply.write(chunk, () => setImmediate(pour));
      };
      pour();
    } else if (request.url === "/silent") return;
    else if (request.url === "/cut") request.socket.destroy();
    else reply.writeHead(204).end();
  });
  let base: string;
  let open: Poster;
  let strict: Poster;
  beforeAll(async () => {
    await new Promise<void>((resolve) => {
      server.listen(0, "127.0.0.1", resolve);
    });
    const address = server.address();
    base = `http://127.0.0.1:${address !== null && typeof address === "object" ? address.port : 0}`;
    open = createPoster({ allowsPrivate: true, timeoutMs: 1_000 });
    strict = createPoster({ allowsPrivate: false, timeoutMs: 1_000 });
  });
  afterAll(async () => {
    open.close();
    strict.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  it("reaches neither http nor an address inside, given as such or by a name that leads there", async () => {
    const { port } = new URL(base);
    const before = seen.length;
    for (const url of [
      `${base}/x`,
      `https://127.0.0.1:${port}/x`,
      `https://[::1]:${port}/x`,
      `https://[::ffff:127.0.0.1]:${port}/x`,
      `https://0x7f000001:${port}/x`,
      `https://2130706433:${port}/x`,
      `https://localhost:${port}/x`,
      "file:///etc/passwd",
    ])
      expect([url, await strict.post(url, {}, "{}")]).toMatchObject([
        url,
        { status: null, problem: "private-address" },
      ]);
    expect(seen).toHaveLength(before);
    expect(strict.mayReach("https://tools.example.org/")).toBe(true);
    expect(strict.mayReach("http://tools.example.org/")).toBe(false);
  });

  it("follows no redirect", async () => {
    expect((await open.post(`${base}/redirect`, {}, "{}")).status).toBe(302);
    expect(seen).not.toContain("/elsewhere");
  });

  it("reads no more of an endless answer than it needs, and waits for a silent one no longer than it may", async () => {
    expect(await open.post(`${base}/endless`, {}, "{}")).toMatchObject({ status: 200, problem: null });
    expect(bytes).toBeLessThan(16 * 1024 * 1024);
    const silent = await open.post(`${base}/silent`, {}, "{}");
    expect(silent).toMatchObject({ status: null, problem: "timeout" });
    expect(silent.ms).toBeLessThan(3_000);
  });

  it("says in a word why nobody answered", async () => {
    expect(await open.post(`${base}/cut`, {}, "{}")).toMatchObject({ status: null, problem: "broken" });
    expect(await open.post("http://127.0.0.1:1/", {}, "{}")).toMatchObject({ status: null, problem: "not-reached" });
    expect(await open.post("https://nobody.invalid/", {}, "{}")).toMatchObject({ status: null, problem: "not-found" });
    expect(await open.post(base.replace("http:", "https:"), {}, "{}")).toMatchObject({ status: null });
  });
});
