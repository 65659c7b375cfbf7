import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { SandboxSession } from "../../core/contract/index.ts";
import { type Kit, run, startSandbox } from "./sandbox-kit.ts";

let kit: Kit;

beforeAll(async () => {
  kit = await startSandbox();
});

afterAll(() => kit[Symbol.asyncDispose]());

interface Expected {
  /** What is printed; a pattern for what it must look like. */
  readonly out?: string | RegExp;
  readonly err?: string | RegExp;
  readonly exit?: number;
  /** The text of the value shown. */
  readonly value?: string | RegExp;
  readonly line?: number;
}
type Cell = readonly [code: string, expected?: Expected];

/** Each is one session: its cells, in order, and what comes of them. An error that nobody expects fails. */
const sessions: readonly (readonly [name: string, ...cells: readonly Cell[]])[] = [
  [
    "names of every kind, declared again",
    ["const v = 1; let l = 1; class A {}; function f() { return 1 }"],
    [
      "const v = 2; let l = 2; class A { x = 1 }; function f() { return 2 }; console.log(v, l, new A().x, f())",
      { out: "2 2 1 2\n" },
    ],
    ["let v = 3; const l = 3; console.log(v, l)", { out: "3 3\n" }],
    ["var l = 4; console.log(l)", { out: "4\n" }],
    ["const f = () => 5; console.log(f())", { out: "5\n" }],
    ["function v() { return 6 } console.log(v())", { out: "6\n" }],
    ["class f { y = 7 }; console.log(new f().y)", { out: "7\n" }],
    ["for (var l of [8]); var { v, w = 9 } = { v: 1 }; console.log(l, v, w)", { out: "8 1 9\n" }],
  ],
  [
    "names declared again in another way, behind a line without a semicolon",
    ["let a = 1; var b = 1; const c = 1; function d() {}"],
    ["console.log('x')\nvar [a] = [2]\nconsole.log(a)", { out: "x\n2\n" }],
    ["const { a, b, fresh } = { a: 3, b: 4, fresh: 5 }\nconsole.log(a, b, fresh)", { out: "3 4 5\n" }],
    ["if (true) var a = 6, { c } = { c: 7 }\nconsole.log(a, c)", { out: "6 7\n" }],
    ["for (var [a, c] of [[8, 9]]) console.log(a, c)", { out: "8 9\n" }],
    ["let d\nlet b\nconsole.log(d, b)", { out: "undefined undefined\n" }],
    ["const d = () => 10\nconsole.log(d()); d = 1", { exit: 1, out: "10\n", err: /constant variable/ }],
    ["{ const c = 1; (() => { var a = c; a = 2 })() }\n[a, c]", { value: "[ 8, 9 ]" }],
  ],
  [
    "constants that stay constant",
    [
      "const a = 1; a = 2",
      { exit: 1, err: /TypeError: Assignment to constant variable\.\n {4}at cell-\d+\.js:1:16\n/, line: 1 },
    ],
    ["a += 1", { exit: 1, err: /Assignment to constant variable/ }],
    ["({ a } = { a: 1 })", { exit: 1, err: /Assignment to constant variable/ }],
    ["(function (a) { a = 3; return a })(1)", { value: "3" }],
    ["{ let a = 4; a = 5 } a", { value: "1" }],
    ["let a = 6; a = 7; a", { value: "7" }],
    ["import { sep } from 'node:path'; sep = 1", { exit: 1, err: /Assignment to constant variable/ }],
  ],
  ...[
    "class Buffer { push() {} }",
    "const process = { step: 1 }",
    "function Number(x) { return 'mine' }",
    "const JSON = { mine: 1 }",
    "class String {}; class Array {}; class Map {}; class RegExp {}; class Uint8Array {}",
    "class Promise {}; class Error {}; const Object = 5; let Symbol = 0; const Reflect = null",
    "const setTimeout = null, setImmediate = null, queueMicrotask = null",
    "var globalThis = {}; const require = 1; let module = 2; let exports = 3",
    "Promise.prototype.then = () => {}; Promise.prototype.constructor = 1",
    "Object.defineProperty(Promise.prototype, 'constructor', { get() { throw 1 }, configurable: true })",
    "delete Promise.prototype.constructor; delete Promise.prototype.then; Object.prototype.constructor = null",
    "require('events').prototype.emit = () => {}",
    "Object.prototype.toJSON = () => { throw 1 }; Object.prototype.kind = 'forged'",
    "Function.prototype.apply = Function.prototype.bind = null",
    "String.prototype.split = String.prototype.replace = null; RegExp.prototype.exec = null",
    "process.exit = process.emit = process.stdout.end = null",
    "Error.prepareStackTrace = () => { throw new Error('no') }",
    "Error.stackTraceLimit = 0",
    "process.removeAllListeners()",
    "process.stdout.end(); process.stderr.destroy()",
    "require('fs').writeSync = () => {}",
    "Atomics.wait = Reflect.apply = null",
  ].map((code): readonly [string, ...Cell[]] => [
    code,
    [`${code}; console.log('one')`, { out: "one\n" }],
    ["console.log('two'); 40 + 2", { out: "two\n", value: "42" }],
    ["throw 'three'", { exit: 1, err: /three/ }],
    ["await 'four'", { value: "'four'" }],
  ]),
  [
    "values that describe themselves badly",
    [
      "const { custom } = require('util').inspect; ({ [custom]() { throw new Error('no view') } })",
      { value: /custom/, err: /no view/ },
    ],
    ["({ get x() { throw 1 } })", { value: "{ x: [Getter] }" }],
    ["new Proxy({}, { get() { throw 1 }, ownKeys() { throw 2 } })", { value: /^Proxy \[/ }],
    ["({ [custom]() { for (;;); } })", { err: /took longer than 5 s/ }],
    ["if (true) ({ [custom]() { for (;;); } })", { err: /took longer than 5 s/ }],
    ["throw { [custom]() { for (;;); } }", { exit: 1, err: /took longer than 5 s/ }],
    ["if (true) ({ [custom]() { process.exit(3) } })", { exit: 3 }],
    ["Object.fromEntries(Array.from({ length: 80_000 }, (_, at) => [`key_${at}`, at]))", { value: /more characters$/ }],
    ["'x'.repeat(5e6)", { value: /more characters$/ }],
    ["'x'.repeat(2 ** 26)", { value: /more characters$/ }],
    ["const round = { name: 'round' }; round.self = round; round", { value: /\[Circular \*1\]/ }],
    ["[10n, -0, Symbol('s'), undefined, NaN]", { value: "[ 10n, -0, Symbol(s), undefined, NaN ]" }],
    ["-0", { value: "-0" }],
    ["Symbol('s')", { value: "Symbol(s)" }],
    ["undefined", {}],
    ["null", { value: "null" }],
    ["throw { get message() { throw 1 } }", { exit: 1, err: /Uncaught \{ message: \[Getter\] \}/ }],
    [
      "const bad = new Error('bad'); Object.defineProperty(bad, 'stack', { get() { throw 1 } }); throw bad",
      { exit: 1, err: /Uncaught/ },
    ],
  ],
  [
    "the last value",
    ["1; 2", { value: "2" }],
    ["_ + 1", { value: "3" }],
    ["if (true) { 'inside' }", { value: "'inside'" }],
    ["{ a: 1, b: [2] }", { value: "{ a: 1, b: [ 2 ] }" }],
    ["{ a: 1 };", { value: "1" }],
    ["const x = 5", {}],
    ["x; // and a comment", { value: "5" }],
    ["fs.existsSync('/')", { value: "true" }],
    ["'a text alone'", { value: "'a text alone'" }],
    ["const _ = 7; _", { value: "7" }],
    ["_ * 2", { value: "14" }],
  ],
  [
    "imports and exports",
    ["const fs = require('fs'); const path = require('path')"],
    [
      "import fs from 'fs'; import path, { join as j } from 'node:path'; import * as os from 'os'; import 'url'; j('a', path.basename('/x/b')) + typeof os.EOL",
      { value: "'a/bstring'" },
    ],
    ["import fs, * as all from 'fs'; fs === all.default", { value: "true" }],
    ["import { 'readFileSync' as read } from 'fs'; typeof read", { value: "'function'" }],
    ["const text = `import('x')`; text // import y from 'z'", { value: "\"import('x')\"" }],
    ["/import x from 'y'/.test('') ? 1 : (await import('node:os')).EOL", { value: "'\\n'" }],
    [
      "fs.writeFileSync('data.json', '{\"a\":1}'); fs.writeFileSync('m.mjs', 'export const one = 1; export default 2'); fs.writeFileSync('c.cjs', 'exports.three = 3')",
    ],
    [
      "import data from './data.json' with { type: 'json' }\nimport two, { one } from './m.mjs'\nimport { three } from './c.cjs'\nconsole.log(data.a, one, two, three)",
      { out: "1 1 2 3\n" },
    ],
    ["(await import('./data.json', { with: { type: 'json' } })).default.a", { value: "1" }],
    [
      "import { nope } from 'fs'",
      { exit: 1, err: /SyntaxError: The requested module 'fs' does not provide an export named 'nope'/ },
    ],
    [
      "import nothing from 'not-installed'",
      { exit: 1, err: /ERR_MODULE_NOT_FOUND|Cannot find package 'not-installed'/ },
    ],
    ["import * as path, { x } from 'path'", { exit: 1, err: /SyntaxError: Unexpected token/ }],
    [
      "export const x = 1;\nexport default function f() { return x + 1 }\nexport { x as y };\nexport * from 'node:path';\nconsole.log(x, f())",
      { out: "1 2\n" },
    ],
    ["export default class { z = 3 }"],
    ["export default 5"],
    ["import 'node:fs'; import {} from 'fs'; export { join } from 'path'; export * from 'url'"],
    ["import.meta.resolve('fs') + import.meta.resolve('node:os')", { value: "'node:fsnode:os'" }],
    ["console.log('x')\nexport default () => 1", { out: "x\n" }],
    ["typeof import.meta.url + import.meta.dirname", { value: "'string/workspace'" }],
    [
      "console.log(typeof use())\nimport { readFileSync as late } from 'fs'\nfunction use() { return late }",
      { out: "function\n" },
    ],
  ],
  [
    "the end of a cell by process.exit",
    [
      "var kept = 5; try { process.exit(3) } catch { console.log('caught') } finally { console.log('fin') }",
      { exit: 3, out: "" },
    ],
    ["await 1; try { process.exit(0) } finally { console.log('fin') }; console.log('on')", { out: "" }],
    ["[1, 2].forEach(() => process.exit(4))", { exit: 4 }],
    ["setTimeout(() => process.exit(5), 20); await new Promise(() => {})", { exit: 5 }],
    ["process.exitCode = 6", { exit: 6, value: "6" }],
    ["for (let i = 0; i < 200000; i++) console.log(i)\nprocess.exit(7)", { exit: 7, out: /\n199999\n$/ }],
    ["kept", { value: "5" }],
  ],
  [
    "errors as Node shows them",
    [
      "\nnull.x",
      {
        exit: 1,
        err: /^Uncaught TypeError: Cannot read properties of null \(reading 'x'\)\n {4}at cell-\d+\.js:2:6\n$/,
        line: 2,
      },
    ],
    [
      "let = ;",
      { exit: 1, err: /^cell-\d+\.js:1\nlet = ;\n {6}\^\n\nUncaught SyntaxError: Unexpected token ';'\n$/, line: 1 },
    ],
    ["require('fs').readFileSync('/nope')", { exit: 1, err: /ENOENT.*path: '\/nope'/s }],
    [
      "await Promise.any([Promise.reject(new Error('first inner')), Promise.reject(new Error('second inner'))])",
      { exit: 1, err: /first inner.*second inner/s },
    ],
    ["throw new Error('outer', { cause: new Error('inner') })", { exit: 1, err: /outer.*\[cause\]: Error: inner/s }],
    ["throw undefined", { exit: 1, err: "Uncaught undefined\n" }],
    ["'use strict'; undeclared = 1", { exit: 1, err: /undeclared is not defined/ }],
    ["function deep() { deep() } deep()", { exit: 1, err: /Maximum call stack size exceeded/ }],
  ],
  [
    "failures of what a cell did not wait for",
    ["void Promise.reject(new Error('rejected'))", { exit: 1, err: /Error: rejected/, line: 1 }],
    ["setTimeout(() => { null.y }, 50); console.log('main')", { exit: 1, out: "main\n", err: /reading 'y'/ }],
    ["await new Promise((go) => setTimeout(() => { null.z; go() }, 20))", { exit: 1, err: /reading 'z'/ }],
    [
      "process.once('uncaughtException', (error) => console.log('heard', error.message)); setTimeout(() => { throw new Error('mine') }, 10); void 0",
      { out: "heard mine\n" },
    ],
    [
      "process.once('unhandledRejection', (error) => console.log('heard', error)); void Promise.reject(8)",
      { out: "heard 8\n" },
    ],
    [
      "async function fails() { await 1; throw new Error('of an earlier one') }; const later = () => setTimeout(fails, 5)",
    ],
    ["fails(); void 0", { exit: 1, err: /of an earlier one/ }],
    ["later(); void 0", { exit: 1, err: /^Uncaught Error: of an earlier one/ }],
    ["setTimeout(() => { throw new Error('very late') }, 1300); void 0", {}],
    [
      "await new Promise((go) => setTimeout(go, 800)); console.log('mine')",
      { out: "mine\n", err: /earlier cell left running failed.*very late/s },
    ],
  ],
  [
    "what goes on",
    ["setTimeout(() => console.log('late'), 100); console.log('main')", { out: "main\nlate\n" }],
    ["require('fs').readFile('/etc/hostname', () => console.log('read'))", { out: "read\n" }],
    ["let n = 0; const t = setInterval(() => n++, 10)"],
    ["clearInterval(t); console.log(n > 0)", { out: "true\n" }],
    ["const server = require('net').createServer().listen(0, '127.0.0.1'); 1", { value: "1" }],
    ["server.close(() => console.log('closed'))", { out: "closed\n", value: /^Server/ }],
  ],
  [
    "input that is at its end, for each cell anew",
    [
      "for await (const line of require('readline').createInterface({ input: process.stdin })) console.log(line)",
      { out: "" },
    ],
    [
      "const rl = require('readline').createInterface({ input: process.stdin }); rl.on('close', () => console.log('closed')); void 0",
      { out: "closed\n" },
    ],
    ["console.log(JSON.stringify(fs.readFileSync(0, 'utf8')))", { out: '""\n' }],
  ],
  [
    "texts of odd shapes",
    ["\uFEFFconsole.log(1)\r\nconsole.log(2)\r\n", { out: "1\n2\n" }],
    ["#!/usr/bin/env node\nconsole.log('bang')", { out: "bang\n" }],
    ["", {}],
    ["// nothing", {}],
    [`const d = '${"x".repeat(300_000)}'; console.log(d.length)`, { out: "300000\n" }],
    ["console.log('\\0'.length, '\u2028'.length, '😀'.length)", { out: "1 1 2\n" }],
  ],
];

describe("JavaScript cells", () => {
  it.each(sessions.map(([name, ...cells]) => ({ name, cells })))("should bear $name", async ({ cells }) => {
    const session: SandboxSession = await kit.open();
    try {
      for (const [code, expected = {}] of cells) {
        const ran = await run(session, code, { language: "javascript", timeout: 60_000 });
        const { out, err = "", exit = 0, value, line } = expected;
        const found = {
          out: ran.stdout,
          err: ran.stderr,
          exit: ran.end.exitCode,
          lost: ran.end.stateLost,
          value: ran.results[0]?.data["text/plain"],
        };
        const wanted = (text: string | RegExp) => (typeof text === "string" ? text : expect.stringMatching(text));
        expect({ code, ...found }).toEqual({
          code,
          out: out === undefined ? "" : wanted(out),
          err: wanted(err),
          exit,
          lost: false,
          value: value === undefined ? undefined : wanted(value),
        });
        if (line !== undefined) expect(ran.end.error?.line, code).toBe(line);
      }
    } finally {
      await session[Symbol.asyncDispose]();
    }
  });
});
