import fc from "fast-check";
import type { Malformed } from "./transport-inputs.ts";

export interface RequestParts {
  readonly method?: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer | string;
}

/** A whole request; the server is asked to close after it. */
export function requestOf(port: number, { method = "POST", path, headers = {}, body }: RequestParts): Buffer {
  const all: Record<string, string> = { host: `127.0.0.1:${port}`, connection: "close", ...headers };
  if (body !== undefined) all["content-length"] ??= String(Buffer.byteLength(body));
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}`);
  const head = Buffer.from(`${method} ${path} HTTP/1.1\r\n${lines.join("\r\n")}\r\n\r\n`);
  return body === undefined ? head : Buffer.concat([head, Buffer.from(body)]);
}

export interface RawRequest {
  readonly bytes: Buffer;
  /** The client ends its side: nothing more is to come. */
  readonly end: boolean;
  /** A close without a word is an answer to this: there is no client of HTTP that could read one. */
  readonly mayClose: boolean;
}

/** Bytes of the largest body that the transports of the test take. */
export const bodyLimit = 64 * 1024;

const methods = ["PUT", "PATCH", "DELETE", "TRACE", "OPTIONS", "HEAD", "PROPFIND", "M-SEARCH", "LOCK", "QUERY"];
const paths = [
  ..."/../../../etc/passwd /..%2f..%2fetc%2fpasswd /%2e%2e/%2e%2e/etc/passwd /..;/etc/passwd /..\\..\\etc /%00 /%zz /%".split(
    " ",
  ),
  ..."/%c0%ae%c0%ae/etc //evil.test/ /a//b /__proto__ /constructor /?__proto__[x]=1 /#x http://evil.test/x *".split(
    " ",
  ),
  `/${"a".repeat(4_000)}`,
  `/${"%41".repeat(1_000)}`,
  `/${"a/".repeat(2_000)}`,
];

type Requests = fc.Arbitrary<Malformed<RawRequest>>;

const raw = (content: string | Buffer, end = true, mayClose = false): RawRequest => ({
  bytes: Buffer.from(content),
  end,
  mayClose,
});
const texts = (kind: string, arbitrary: fc.Arbitrary<string>, end = true, mayClose = false) =>
  arbitrary.map((text) => ({ kind, content: raw(text, end, mayClose) }));
const of = (kind: string, ...all: readonly string[]) => texts(kind, fc.constantFrom(...all));
const head = (first: string, rest: string) => `${first}\r\n${rest}\r\n`;
const token = fc.stringMatching(/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,20}$/);

/** The parts of a right request, as text. */
function partsOf(port: number, right: RequestParts) {
  const { method = "POST", path, headers = {}, body = "{}" } = right;
  const own = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const base = `host: 127.0.0.1:${port}\r\nconnection: close\r\n${own.join("")}`;
  return { method, path, headers, body, base, line: `${method} ${path} HTTP/1.1` };
}

type Parts = ReturnType<typeof partsOf>;

/** Requests that HTTP itself does not allow, and right ones that this place does not serve. `right` is one it does. */
export function malformedRequests(port: number, right: RequestParts): Requests {
  const parts = partsOf(port, right);
  const whole = requestOf(port, { ...right, body: parts.body });
  return fc.oneof(
    ...wrongHeads(parts, whole),
    ...wrongLengths(parts),
    ...tooLarge(port, right, parts),
    ...notServed(parts),
  );
}

function wrongHeads({ method, path, base, line }: Parts, whole: Buffer): readonly Requests[] {
  return [
    fc
      .uint8Array({ minLength: 1, maxLength: 300 })
      .map((bytes) => ({ kind: "any bytes", content: raw(Buffer.from(bytes)) })),
    fc.nat(whole.length - 2).map((end) => ({ kind: "half a request", content: raw(whole.subarray(0, end + 1)) })),
    texts(
      "request line",
      fc
        .constantFrom(
          ` ${line}`,
          "GET",
          `${method} ${path}`,
          `${method} ${path} HTTP/9.9`,
          `${method} ${path} HTP/1.1`,
          "\0",
          "PRI * HTTP/2.0",
        )
        .map((first) => head(first, base)),
    ),
    of("no host", head(line, "connection: close\r\n"), head(line, "host:\r\nconnection: close\r\n")),
    texts(
      "header",
      fc
        .constantFrom(
          " folded",
          "no colon",
          "a b: c",
          ": empty",
          "x: \0",
          "x: a\rb",
          "x\0: a",
          "é: a",
          "content-length: 1\r\ncontent-length: 2",
        )
        .map((each) => head(line, `${base}${each}\r\n`)),
    ),
  ];
}

function wrongLengths({ body, base, line }: Parts): readonly Requests[] {
  return [
    texts(
      "content-length",
      fc
        .constantFrom("-1", "1e3", "0x10", "abc", "9".repeat(30), "1, 2", "+5", "")
        .map((each) => head(line, `${base}content-length: ${each}\r\n`)),
    ),
    texts(
      "body shorter than it says",
      fc
        .nat(500)
        .map((more) => `${head(line, `${base}content-length: ${Buffer.byteLength(body) + more + 1}\r\n`)}${body}`),
    ),
    texts(
      "chunks",
      fc
        .constantFrom(
          "zz\r\n\r\n",
          "-1\r\n\r\n",
          `${"f".repeat(20)}\r\n`,
          "5\r\nab\r\n0\r\n\r\n",
          "5\r\nab",
          "1\r\na",
          "",
        )
        .map((chunks) => `${head(line, `${base}transfer-encoding: chunked\r\n`)}${chunks}`),
    ),
    of(
      "two lengths",
      `${head(line, `${base}transfer-encoding: chunked\r\ncontent-length: 4\r\n`)}0\r\n\r\n`,
      `${head(line, `${base}transfer-encoding: chunked, identity\r\n`)}0\r\n\r\n`,
      `${head(line, `${base}transfer-encoding: nothing\r\n`)}0\r\n\r\n`,
    ),
  ];
}

function tooLarge(port: number, right: RequestParts, { method, headers, base, line }: Parts): readonly Requests[] {
  return [
    texts(
      "flood of headers",
      fc
        .tuple(token, fc.integer({ min: 20, max: 200 }))
        .map(([name, size]) =>
          head(line, `${base}${`x-${name}: ${"y".repeat(size)}\r\n`.repeat(Math.ceil(20_000 / size))}`),
        ),
      false,
      true,
    ),
    texts(
      "long address",
      fc.integer({ min: 17_000, max: 40_000 }).map((size) => head(`${method} /${"a".repeat(size)} HTTP/1.1`, base)),
      false,
      true,
    ),
    fc.integer({ min: 1, max: 2_000 }).chain((more) =>
      fc.boolean().map((chunked) => {
        const large = "x".repeat(bodyLimit + more);
        const parts = {
          ...right,
          method: "POST",
          body: chunked ? `${large.length.toString(16)}\r\n${large}\r\n0\r\n\r\n` : large,
        };
        const coding: Readonly<Record<string, string>> = chunked ? { "transfer-encoding": "chunked" } : {};
        const bytes = requestOf(port, { ...parts, headers: { ...headers, ...coding } });
        const sent = chunked
          ? Buffer.from(bytes.toString("latin1").replace(/content-length: \d+\r\n/, ""), "latin1")
          : bytes;
        return { kind: "body over the limit", content: raw(sent, false, true) };
      }),
    ),
  ];
}

/** Well-formed requests for what is not there. */
function notServed({ method, path, base, line }: Parts): readonly Requests[] {
  return [
    texts(
      "wrong method",
      fc.constantFrom(...methods).map((other) => head(`${other} ${path} HTTP/1.1`, base)),
      false,
    ),
    texts(
      "method unknown to HTTP",
      fc.oneof(token, fc.constant("post")).map((other) => head(`${other.toLowerCase()}x ${path} HTTP/1.1`, base)),
      true,
    ),
    texts(
      "tunnel",
      fc.constantFrom("127.0.0.1:22", "evil.test:443").map((to) => head(`CONNECT ${to} HTTP/1.1`, base)),
      false,
      true,
    ),
    texts(
      "path",
      fc
        .tuple(fc.constantFrom("", path), fc.constantFrom(...paths))
        .map(([before, each]) => head(`${method} ${before === "" ? each : before + each} HTTP/1.1`, base)),
      false,
    ),
    texts(
      "expectation",
      fc
        .constantFrom("100-continued", "nothing", "\t")
        .map((each) => head(line, `${base}expect: ${each}\r\ncontent-length: 0\r\n`)),
      false,
    ),
    texts(
      "upgrade",
      fc
        .constantFrom("h2c", "websocket", "tls/1.0", "x")
        .map((each) => head(`GET ${path} HTTP/1.1`, `${base.replace("close", "upgrade")}upgrade: ${each}\r\n`)),
      true,
    ),
  ];
}
