import type { IncomingMessage } from "node:http";
import {
  pictureType,
  ReachRefusal,
  type ReachRules,
  type Resolve,
  requestOf,
  startTimer,
  systemResolver,
} from "../../core/kit/index.ts";

export interface PictureLimits {
  /** Bytes of one picture. */
  readonly size: number;
  /** Milliseconds for one picture, redirects included. */
  readonly timeout: number;
}

export interface FetchedPicture {
  /** From the name of its file. */
  readonly ending: string;
  readonly content: Buffer;
}

/** Redirects that are followed, each checked as the first address is. */
const mostRedirects = 3;

/** Why a picture was not fetched. Nothing in it is the other server's own words. */
export class PictureError extends Error {}

/**
 * Fetches a picture from a place that the rules have: by http or https, without anything that proves us, within bounds
 * of time and size. The address that was looked at is the one connected to. What comes must be a picture by its bytes.
 * @throws PictureError
 */
export async function fetchPicture(
  url: string,
  rules: ReachRules,
  limits: PictureLimits,
  signal: AbortSignal,
  resolve: Resolve = systemResolver,
): Promise<FetchedPicture> {
  const late = new AbortController();
  const timer = startTimer(() => late.abort(), limits.timeout);
  const ended = AbortSignal.any([signal, late.signal]);
  try {
    let place = placeOf(url);
    for (let redirects = 0; ; redirects += 1) {
      const response = await requestOf(place, { headers }, rules, resolve, ended);
      const next = redirectOf(response, place);
      if (next === undefined) return pictureOf(await bodyOf(response, limits.size));
      response.destroy();
      if (redirects === mostRedirects) throw new PictureError(`it redirects more than ${mostRedirects} times`);
      place = next;
    }
  } catch (error) {
    if (late.signal.aborted) throw new PictureError(`it did not come within ${limits.timeout / 1000} s`);
    if (error instanceof PictureError) throw error;
    // Where a name leads, and what answers there, is nothing for whoever sent the address.
    const refused = error instanceof ReachRefusal && error.status === 403;
    throw new PictureError(refused ? `its host is not in ${rules.option}` : "its server cannot be reached", {
      cause: error,
    });
  } finally {
    timer.stop();
  }
}

function placeOf(text: string, base?: URL): URL {
  const url = URL.canParse(text, base) ? new URL(text, base) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) throw new PictureError("it is no http or https address");
  if (url.username !== "" || url.password !== "") throw new PictureError("its address holds a user or a password");
  return url;
}

const headers = {
  accept: "image/png, image/jpeg, image/gif, image/webp",
  "accept-encoding": "identity",
  "user-agent": "sluicebox",
};

function redirectOf({ statusCode = 0, headers }: IncomingMessage, from: URL): URL | undefined {
  if (![301, 302, 303, 307, 308].includes(statusCode) || headers.location === undefined) return undefined;
  const next = placeOf(headers.location, from);
  if (from.protocol === "https:" && next.protocol === "http:")
    throw new PictureError("it redirects from https to http");
  return next;
}

async function bodyOf(response: IncomingMessage, most: number): Promise<Buffer> {
  try {
    if (response.statusCode !== 200) throw new PictureError(`its server answers with ${response.statusCode}`);
    const encoding = response.headers["content-encoding"] ?? "identity";
    if (encoding !== "identity") throw new PictureError("its server sends it compressed");
    const large = new PictureError(`it is larger than ${most} bytes`);
    if (Number(response.headers["content-length"] ?? 0) > most) throw large;
    const pieces: Buffer[] = [];
    let size = 0;
    for await (const piece of response as AsyncIterable<Buffer>) {
      size += piece.byteLength;
      if (size > most) throw large;
      pieces.push(piece);
    }
    if (!response.complete) throw new PictureError("it broke off");
    return Buffer.concat(pieces);
  } finally {
    response.destroy();
  }
}

/** By its first bytes: what the server says of it proves nothing. */
function pictureOf(content: Buffer): FetchedPicture {
  const type = pictureType(content);
  if (type === undefined) throw new PictureError("it is no PNG, JPEG, GIF or WebP");
  return { ending: type.slice("image/".length), content };
}
