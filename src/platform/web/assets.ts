import { existsSync, readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import type { FastifyInstance } from "fastify";
import { sha256 } from "../ids/ids.ts";

/** Where the templates, macros, styles and icons of `nhsuk-frontend` lie. */
export const nhsukFolder = join(
  dirname(createRequire(import.meta.url).resolve("nhsuk-frontend/package.json")),
  "dist/nhsuk",
);

/** The package's root, the same from src (tests) and from dist. */
const root = fileURLToPath(new URL("../../../", import.meta.url));
const ownFolder = join(root, "src/platform/web/public");
const scriptFolder = join(root, "dist/browser");

const TYPES: Readonly<Record<string, string>> = {
  ".css": "text/css; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".svg": "image/svg+xml",
  ".png": "image/png",
};

interface Asset {
  readonly url: string;
  readonly type: string;
  readonly plain: Buffer;
  readonly gzip: Buffer;
  readonly brotli: Buffer;
}

export interface Assets {
  /** The address of an asset, with its fingerprint: `covershare.css` → `/assets/covershare.1a2b3c4d5e6f.css`. */
  url(name: string): string | undefined;
  /** The address of the browser's script; undefined where it was not built, and then pages simply are not live. */
  readonly script: string | undefined;
  /** Everything that is served, by address. */
  readonly served: ReadonlyMap<string, Asset>;
}

/** Text compresses to a tenth; small or binary files are sent as they are. Done once, at start: 40 ms for all of it. */
const prepare = (url: string, plain: Buffer): Asset => ({
  url,
  type: TYPES[extname(url)] ?? "application/octet-stream",
  plain,
  gzip: gzipSync(plain),
  brotli: brotliCompressSync(plain, { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } }),
});

/**
 * The stylesheet names fonts on another site, and no request may leave this one (decision 9; the font also needs a
 * licence): the faces are cut out and its own fallback, arial, remains. Icons get their fingerprinted addresses.
 */
const localStyles = (css: string, iconUrl: (file: string) => string): string =>
  css
    .replaceAll(/@font-face\{[^}]*\}/g, "")
    .replaceAll(/url\(\/assets\/images\/([\w-]+\.svg)\)/g, (_match, file: string) => `url(${iconUrl(file)})`)
    .replaceAll(/\/\*# sourceMappingURL=.*?\*\//g, "");

/** Every `.js` below `folder`, by path relative to it. */
const scriptsBelow = (folder: string): Map<string, Buffer> => {
  if (!existsSync(folder)) return new Map();
  const paths = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((path) => path.endsWith(".js"));
  return new Map(paths.sort().map((path) => [path.replaceAll("\\", "/"), readFileSync(join(folder, path))]));
};

const ENTRY = "browser/main.js";

/** Reads, rewrites, fingerprints and compresses everything the pages need. */
export const loadAssets = (): Assets => {
  const served = new Map<string, Asset>();
  const named = new Map<string, string>();
  const add = (name: string, content: Buffer): string => {
    const extension = extname(name);
    const url = `/assets/${basename(name, extension)}.${sha256(content.toString("base64")).slice(0, 12)}${extension}`;
    served.set(url, prepare(url, content));
    named.set(name, url);
    return url;
  };
  const icon = (file: string): string =>
    named.get(file) ?? add(file, readFileSync(join(nhsukFolder, "assets/images", file)));
  const css = readFileSync(join(nhsukFolder, "nhsuk-frontend.min.css"), "utf8");
  add("nhsuk.css", Buffer.from(localStyles(css, icon)));
  for (const file of readdirSync(ownFolder)) add(file, readFileSync(join(ownFolder, file)));
  const scripts = scriptsBelow(scriptFolder);
  // Modules import one another by relative path, so the fingerprint is a folder's and covers them all.
  const mark = sha256([...scripts].map(([path, body]) => `${path}\n${body.toString("base64")}`).join("\n")).slice(
    0,
    12,
  );
  for (const [path, body] of scripts) {
    const url = `/assets/script-${mark}/${path}`;
    served.set(url, prepare(url, body));
  }
  return {
    url: (name) => named.get(name),
    script: scripts.has(ENTRY) ? `/assets/script-${mark}/${ENTRY}` : undefined,
    served,
  };
};

/** Serves the assets from memory. The address changes with the content, so a copy is good for a year. */
export const addAssets = (server: FastifyInstance, assets: Assets): void => {
  for (const asset of assets.served.values()) {
    server.get(asset.url, async (request, reply) => {
      const accepted = request.headers["accept-encoding"] ?? "";
      void reply
        .type(asset.type)
        .header("cache-control", "public, max-age=31536000, immutable")
        .header("vary", "accept-encoding")
        // It lies among the assets, and may show messages for every page.
        .headers(asset.url.startsWith("/assets/service-worker.") ? { "service-worker-allowed": "/" } : {})
        .header("x-content-type-options", "nosniff");
      if (/\bbr\b/.test(accepted)) return reply.header("content-encoding", "br").send(asset.brotli);
      if (/\bgzip\b/.test(accepted)) return reply.header("content-encoding", "gzip").send(asset.gzip);
      return reply.send(asset.plain);
    });
  }
};
