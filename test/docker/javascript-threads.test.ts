import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Case, itEach } from "./python-cells-kit.ts";
import { type Kit, type Ran, run, signalWhen, startSandbox } from "./sandbox-kit.ts";

let kit: Kit;

beforeAll(async () => {
  kit = await startSandbox();
});

afterAll(() => kit[Symbol.asyncDispose]());

const javascript = (code: string) => ({ code, language: "javascript" });
const thread = "const { Worker } = require('worker_threads'); const go = (code) => new Worker(code, { eval: true })";

/** A thread may take longer to begin than a cell waits, where the machine has much to do. */
const waitedFor =
  (printed: string) =>
  ({ stdout, end }: Ran) => {
    if (end.wallMs < 1000) expect(stdout).toBe(printed);
  };

const heard: readonly (readonly [what: string, code: string, printed: string])[] = [
  ["one that prints", "go(`console.log('from it')`); console.log('main')", "main\nfrom it\n"],
  ["two that print", "for (const n of [1, 2]) go(`process.stdout.write('+')`); void 0", "++"],
  ["one that prints late", "go(`setTimeout(() => console.log('late'), 50)`); void 0", "late\n"],
  ["one that exits", "go(`process.exit(3)`).on('exit', (code) => console.log(code)); void 0", "3\n"],
  [
    "one of a cell that took away what Node is asked with",
    "Worker.prototype.ref = process.getActiveResourcesInfo = null; go(`console.log('still')`); void 0",
    "still\n",
  ],
];

const cases: readonly Case[] = [
  ...heard.map(
    ([what, code, printed]): Case => [
      `wait for a thread that nobody listens to: ${what}`,
      javascript(`${thread}; void 0`),
      { ...javascript(code), check: waitedFor(printed) },
    ],
  ),
  [
    "not wait on and on for a thread that has no end",
    javascript(`${thread}; const endless = go("setInterval(() => {}, 1000)"); void 0`),
    { ...javascript("console.log('next'); 1"), stdout: "next\n", shown: ["1"] },
    { ...javascript("typeof await endless.terminate()"), shown: ["'number'"] },
  ],
  [
    "hand on no option of ours: to its threads, its children, and the runs of Node's own tests",
    javascript(
      `${thread}; const { run } = require('node:test'); fs.writeFileSync('a.cjs', "require('node:test')('a', () => {})")`,
    ),
    {
      ...javascript(
        "await new Promise((told) => go(`require('worker_threads').parentPort.postMessage([process.execArgv, process.argv.length])`).on('message', told))",
      ),
      shown: ["[ [], 2 ]"],
    },
    {
      ...javascript(
        "for await (const { type, data } of run({ files: ['a.cjs'] })) if (type === 'test:pass') console.log(data.name)",
      ),
      stdout: "a\n",
    },
    { ...javascript("[process.execArgv, process.argv.length]"), shown: ["[ [], 1 ]"] },
  ],
  [
    "run tests of Node's, without what they say at the end of a process",
    { ...javascript("require('node:test').test('a', () => {}); void 0"), stdout: /^✔ a \([\d.]+ms\)\n$/ },
  ],
  [
    "be the main module of what it requires",
    javascript("fs.writeFileSync('m.cjs', 'exports.main = require.main')"),
    { ...javascript("require('./m.cjs').main === module && module.filename"), shown: ["'/workspace/cell.js'"] },
  ],
  [
    "dispose of what a block uses, and of nothing that the top level does",
    javascript("const made = (name) => ({ name, [Symbol.dispose]: () => console.log('end of', name) })"),
    { ...javascript("{ using a = made('a'); console.log('in') }"), stdout: "in\nend of a\n" },
    { ...javascript("using b = made('b'); console.log('in')"), stdout: "in\n" },
    { ...javascript("b.name"), stdout: "", shown: ["'b'"] },
  ],
];

describe("a JavaScript cell", () => {
  itEach(cases, () => kit.open());

  it.each(["", "throw "])("should describe nothing any more of %s a value once it is ended", async (word) => {
    const session = await kit.open();
    const endless = "{ [util.inspect.custom]() { for (;;); } }";
    const { onEvent, seen } = signalWhen(({ type }) => type === "exec-stdout");
    const code = `setImmediate(() => { console.log('go'); for (;;); }); ${word}(${endless})`;
    const ended = run(session, code, { language: "javascript", onEvent });
    await seen;
    await session.interrupt();
    expect((await ended).end).toMatchObject({ status: "signalled", stateLost: false });
    const next = await run(session, "'next'", { language: "javascript" });
    expect({ shown: next.results.map(({ data }) => data["text/plain"]), stderr: next.stderr }).toEqual({
      shown: ["'next'"],
      stderr: "",
    });
  });
});
