import { Duplex } from "node:stream";
import { Subscriber } from "rxjs";
import type { ExecEvent } from "../../../core/contract/index.ts";
import { ReachRules } from "../../../core/kit/index.ts";
import { Channel } from "../../../plugins/docker-sandbox/container/channel.ts";
import { Tunnels } from "../../../plugins/docker-sandbox/network/tunnels.ts";
import { encodeFrame, FromSandbox } from "../../../plugins/docker-sandbox/protocol/frames.ts";
import { Execution } from "../../../plugins/docker-sandbox/session/execution.ts";
import type { Edge } from "../run.ts";

/** As the engine wraps what a container writes. */
function wrapped(...frames: readonly Buffer[]): Buffer {
  const body = Buffer.concat(frames);
  const head = Buffer.alloc(8);
  head[0] = 1;
  head.writeUInt32BE(body.length, 4);
  return Buffer.concat([head, body]);
}

const id = (number: number, rest = Buffer.alloc(0)) => Buffer.concat([Buffer.from([0, 0, 0, number]), rest]);
const started = encodeFrame(FromSandbox.started, { id: 1 });
const ended = encodeFrame(FromSandbox.end, {
  id: 1,
  status: "exited",
  exitCode: 0,
  signal: null,
  stateLost: false,
  wallMs: 1,
  cpuMs: 1,
  peakBytes: 1,
});
const result = encodeFrame(FromSandbox.result, {
  data: { "text/plain": "42", "application/json": { a: [1, { b: null }] } },
});
const open = encodeFrame(FromSandbox.tunnelOpen, id(7));
const connect = encodeFrame(
  FromSandbox.tunnelData,
  id(7, Buffer.from("CONNECT a.invalid:443 HTTP/1.1\r\nHost: a\r\n\r\n")),
);

/** Everything that comes out of a container, with an execution and tunnels behind it. */
export const container: Edge = {
  corpus: [
    wrapped(started, encodeFrame(FromSandbox.stdout, Buffer.from("text é 😀\n")), result, ended),
    wrapped(encodeFrame(FromSandbox.ready, { limits: {} }), encodeFrame(FromSandbox.preloaded, {})),
    wrapped(started, encodeFrame(FromSandbox.inputRequest, { prompt: "name?", secret: true }), ended),
    wrapped(started, encodeFrame(FromSandbox.error, { name: "E", message: "m", line: 3 }), ended),
    wrapped(started, encodeFrame(FromSandbox.file, { path: "a/b.txt", size: 3 }), ended),
    wrapped(
      encodeFrame(FromSandbox.reply, { id: 2, files: [["a", 1]] }),
      encodeFrame(FromSandbox.piece, id(2, Buffer.from("x"))),
    ),
    wrapped(encodeFrame(FromSandbox.refused, { id: 1, code: "SLUICE_SANDBOX_LANGUAGE", message: "no" })),
    wrapped(
      encodeFrame(FromSandbox.tunnelsReady, Buffer.alloc(0)),
      open,
      connect,
      encodeFrame(FromSandbox.tunnelEnd, id(7)),
    ),
    wrapped(
      open,
      encodeFrame(FromSandbox.tunnelCredit, id(7, Buffer.from([0, 0, 1, 0]))),
      encodeFrame(FromSandbox.tunnelReset, id(7)),
    ),
  ],
  take(input) {
    const pipe = new Duplex({ read() {}, write: (_chunk, _encoding, done) => done() });
    const channel = new Channel(pipe);
    new Tunnels(channel, {
      rules: new ReachRules(["a.invalid"], "network.allow"),
      onRefused: () => undefined,
      resolve: () => Promise.reject(new Error("no")),
    });
    const request = {
      code: "1",
      options: { language: "python" },
      program: false,
      timeout: 0,
      output: 1 << 20,
      container: "c",
    };
    const execution = new Execution(
      channel,
      request as never,
      new Subscriber<ExecEvent>({ next() {}, error() {}, complete() {} }),
    );
    execution.begin();
    pipe.emit("data", input);
    channel.close();
  },
};
