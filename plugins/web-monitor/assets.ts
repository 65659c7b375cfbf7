import { createHash, randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { extname, join } from "node:path";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { packageRoot } from "../../core/kit/index.ts";
import { sameText } from "./logins.ts";
import { safeHeaders } from "./replies.ts";

interface Asset {
  readonly type: string;
  readonly body: Buffer;
  readonly etag: string;
  packed?: Promise<Buffer>;
}

const types: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".json": "application/json; charset=utf-8",
  ".woff2": "font/woff2",
};

/** Stands in the page where the number goes that this one answer's styles must carry. */
const noncePlace = "__NONCE__";

const basePlace = "__BASE__";

/** Where the key goes without which no library of a frame is given. */
const framePlace = "__FRAMES__";

const pack = promisify(gzip);

/** The page as it was built: read once, served from memory, so that no path of a request ever reaches the disk. */
export class Assets {
  readonly #files: ReadonlyMap<string, Asset>;
  /** Frames have no origin, so their libraries go to any site that knows it; none but the page can read it. */
  readonly #frameKey = randomBytes(16).toString("base64url");

  private constructor(files: ReadonlyMap<string, Asset>) {
    this.#files = files;
  }

  static async load(folder = pageFolder()): Promise<Assets> {
    const files = new Map<string, Asset>();
    if (folder !== undefined) {
      for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
        if (!entry.isFile()) continue;
        const path = join(entry.parentPath, entry.name);
        const body = await readFile(path);
        const type = types[extname(path)] ?? "application/octet-stream";
        files.set(path.slice(folder.length + 1), { type, body, etag: `"${digestOf(body)}"` });
      }
    }
    return new Assets(files);
  }

  /** Whether there is a page at all; sources have none until they are built. */
  get present(): boolean {
    return this.#files.has("index.html");
  }

  /** The page, whatever screen is asked for; `base` is the path it is served at. */
  sendPage(base: string, request: IncomingMessage, response: ServerResponse): void {
    const nonce = randomBytes(16).toString("base64");
    const page = this.#files.get("index.html")?.body.toString("utf8") ?? missingPage;
    response.writeHead(200, {
      ...safeHeaders,
      "content-type": "text/html; charset=utf-8",
      "cache-control": "no-store",
      "content-security-policy": contentPolicy(nonce),
    });
    response.end(
      request.method === "HEAD"
        ? undefined
        : page
            .replaceAll(noncePlace, nonce)
            .replaceAll(basePlace, base)
            .replaceAll(framePlace, this.#frameKey)
            .replaceAll('="./', `="${base}/`),
    );
  }

  /** Resolves false when there is no such file. */
  async send(name: string, request: IncomingMessage, response: ServerResponse): Promise<boolean> {
    const asset = name === "index.html" ? undefined : this.#files.get(name);
    const isFrame = name.startsWith("frames/");
    if (asset === undefined || (isFrame && !this.#isAsked(request))) return false;
    const headers: Record<string, string> = {
      ...safeHeaders,
      "content-type": asset.type,
      ...(isFrame ? { "cross-origin-resource-policy": "cross-origin" } : {}),
      etag: asset.etag,
      vary: "accept-encoding",
      // Names under assets/ carry a digest of what is in them.
      "cache-control": name.startsWith("assets/") ? "public, max-age=31536000, immutable" : "no-cache",
    };
    if (request.headers["if-none-match"] === asset.etag) {
      response.writeHead(304, headers).end();
      return true;
    }
    const packable = asset.type !== "font/woff2" && /\bgzip\b/.test(String(request.headers["accept-encoding"] ?? ""));
    asset.packed ??= packable ? pack(asset.body) : undefined;
    const body = packable && asset.packed !== undefined ? await asset.packed : asset.body;
    if (body !== asset.body) headers["content-encoding"] = "gzip";
    response.writeHead(200, { ...headers, "content-length": String(body.byteLength) });
    response.end(request.method === "HEAD" ? undefined : body);
    return true;
  }

  /** Whether a request for a library carries the key. */
  #isAsked({ url = "" }: IncomingMessage): boolean {
    const key = new URL(url, "http://host").searchParams.get("key") ?? "";
    return sameText(key, this.#frameKey);
  }
}

function contentPolicy(nonce: string): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    `style-src 'self' 'nonce-${nonce}'`,
    "img-src 'self' data: blob:",
    "font-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join("; ");
}

/** In the package; for sources, where their build puts it. */
function pageFolder(): string | undefined {
  const folder = join("plugins", "web-monitor", "public");
  const places = [join(packageRoot, folder), join(packageRoot, "dist", folder)];
  return places.find((place) => existsSync(join(place, "index.html")));
}

const missingPage = `<!doctype html><html lang="en"><title>Sluicebox</title>
<p>The page has not been built yet: run <code>npm run build</code>.</p></html>`;

function digestOf(body: Buffer): string {
  return createHash("sha256").update(body).digest("base64url").slice(0, 24);
}
