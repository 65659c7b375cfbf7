import { afterAll, beforeAll, describe } from "vitest";
import { type Case, itEach } from "./python-cells-kit.ts";
import { type Kit, startSandbox } from "./sandbox-kit.ts";

let kit: Kit;

beforeAll(async () => {
  kit = await startSandbox();
});

afterAll(() => kit[Symbol.asyncDispose]());

const cell = (code: string, value?: string, more: { stdout?: string } = {}) => ({
  language: "javascript",
  code,
  shown: value === undefined ? [] : [value],
  ...more,
});
const fails = (code: string, stderr: RegExp) => ({ language: "javascript", code, exit: 1, stderr });
const ends = (code: string, exit: number) => ({ language: "javascript", code, exit, stdout: "" });

const NO_CONSTANT = /^Uncaught TypeError: Assignment to constant variable\.\n {4}at cell-\d+\.js:1:/;

const cases: readonly Case[] = [
  [
    "take a name again whose declaration failed, in any way",
    fails("let a = null.x", /reading 'x'/),
    cell("var a = 1; a", "1"),
    fails("const { b } = null; let c", /destructure/),
    cell("function b() { return 2 }\nb()", "2"),
    cell("for (var c of [3]); c", "3"),
    fails("class D { static x = null.y }", /reading 'y'/),
    cell("import { join as D } from 'node:path'; typeof D", "'function'"),
    fails("let [e] = 5", /not iterable/),
    cell("var { e, f = 6 } = { e: 5 }; [e, f]", "[ 5, 6 ]"),
    cell("let g = 7"),
    cell("var g; g", "7"),
    cell("var g = g + 1; g", "8"),
  ],
  [
    "not take a name again that came about in a block or by a script, as Node's console",
    cell("if (true) { function inBlock() { return 1 } } inBlock()", "1"),
    cell("vm.runInThisContext('let byScript = 2'); byScript", "2"),
    ...["let inBlock = 3", "const byScript = 3"].map((code) =>
      fails(code, /SyntaxError: Identifier '\w+' has already been/),
    ),
    cell("inBlock = 3; byScript = 4; [inBlock, byScript]", "[ 3, 4 ]"),
  ],
  [
    "declare nothing where V8 does not take the cell",
    cell("let kept = 1"),
    ...["const kept = 2; let undefined", "const other = 3, NaN = 4; var kept"].map((code) =>
      fails(code, /^cell-\d+.js:1\n/),
    ),
    cell("kept = 5; other = 6; [kept, other]", "[ 5, 6 ]"),
    cell("const other = 7; let kept = 8; [kept, other]", "[ 8, 7 ]"),
  ],
  [
    "read no private field outside of its class",
    cell("class A { #own = 1; static of(a) { return a.#own } } A.of(new A())", "1"),
    fails(
      "const a = new A();\na.#own",
      /^cell-\d+.js:2\na.#own\n {2}\^\n\n.*Private field '#own' must be declared in an enclosing/,
    ),
    cell("typeof a", "'undefined'"),
  ],
  [
    "take the name of a `using` again, in any way",
    cell("using a = { [Symbol.dispose]() {} }; typeof a", "'object'"),
    fails("a = 1", NO_CONSTANT),
    cell("let a = 2; a", "2"),
    cell("await using a = null, b = null; a", "null"),
    cell("function a() { return 3 }\na()", "3"),
    cell("using b = null; import c from 'node:fs'; typeof c", "'object'"),
    cell("import { sep as b } from 'node:path'; b", "'/'"),
  ],
  [
    "import names that are known in different ways",
    cell("var a = 1; let b = 2; function c() {}"),
    cell(
      "import { join as a, sep as b, basename as c } from 'node:path'; [typeof a, b, typeof c]",
      "[ 'function', '/', 'function' ]",
    ),
    cell("import b, * as a from 'node:path'; b === a.default", "true"),
  ],
  [
    "read a constant that an assignment may leave alone",
    cell("const a = 1, b = null; a ||= 2", "1"),
    cell("a ??= 3", "1"),
    cell("b &&= 4", "null"),
    ...["a &&= 5", "b ||= 6", "b ??= 7", "[a] = [8]", "({ ...b } = {})", "for (a in { x: 1 });", "(a) = 9"].map(
      (code) => fails(code, NO_CONSTANT),
    ),
    cell("[a, b]", "[ 1, null ]"),
  ],
  [
    "link all of its imports before any of them runs",
    cell("fs.writeFileSync('said.mjs', 'console.log(`said`); export const one = 1; export default 2')"),
    cell("fs.writeFileSync('c.cjs', 'module.exports = { [`four`]: 4 }'); fs.writeFileSync('bad.mjs', 'let = 1')"),
    ...[
      [
        "import x from './nowhere.mjs'",
        /Cannot find module '\/workspace\/nowhere.mjs' imported from \/workspace\/cell.js/,
      ],
      ["import x from 'not-installed'", /Cannot find package 'not-installed' imported from \/workspace\/cell.js/],
      ["\nimport { nope }\nfrom 'node:fs'", /cell-\d+.js:2\nimport { nope }\n {9}\^{4}\nSyntaxError: .* named 'nope'/],
      ["import { four } from './c.cjs'", /Named export 'four' not found.*CommonJS/],
      ["import './bad.mjs'", /SyntaxError: Unexpected strict mode reserved word/],
      ["export { nope } from 'node:path'", /does not provide an export named 'nope'/],
    ].map(([more, told]) => ({ ...fails(`import './said.mjs';${more}`, told as RegExp), stdout: "" })),
    cell(
      "import two, { one } from './said.mjs'; import * as all from './said.mjs'\n;[one, two, all.one]",
      "[ 1, 2, 1 ]",
      {
        stdout: "said\n",
      },
    ),
  ],
  [
    "export only what is there",
    fails(
      "console.log(1)\nexport { isNaN,\nnothing as x }",
      /cell-\d+.js:2\nexport { isNaN,\n {9}\^\n\n.*Export 'isNaN' is not defined/,
    ),
    cell("const a = 1, { b } = { b: 2 }; export { a, b as default }; class C {}; export { C }; a", "1"),
    cell("export { a, C }; import { join } from 'path'; export { join }", undefined),
  ],
  [
    "resolve as an import does",
    cell("void fs.mkdirSync('node_modules/both', { recursive: true })"),
    cell(
      'fs.writeFileSync(\'node_modules/both/package.json\', \'{"exports":{"import":"./i.mjs","require":"./r.cjs"}}\')',
    ),
    cell("import.meta.resolve('both')", "'file:///workspace/node_modules/both/i.mjs'"),
    cell("const later = () => import.meta.resolve('both'); import.meta.url", "'file:///workspace/cell.js'"),
    cell(
      "later() + (import.meta.main && import.meta.filename)",
      "'file:///workspace/node_modules/both/i.mjs/workspace/cell.js'",
    ),
  ],
  [
    "export what stands in brackets",
    cell("export default (1, 2)"),
    cell("export default (function () { return 1 });"),
    cell("export /* default */ default // default\n(class {}) /* x */ ;\nconsole.log('on')", undefined, {
      stdout: "on\n",
    }),
    cell("export default function () {}\n(5)", "5"),
    cell("console.log('x')\nexport default (a) => a", undefined, { stdout: "x\n" }),
  ],
  [
    "import what ends it from `process`",
    ends("import { exit } from 'node:process'; try { exit(4) } finally { console.log('fin') }", 4),
    ends("(await import('process')).exit(5)", 5),
    cell("import { stdout, argv } from 'process'; [typeof stdout.write, argv.length]", "[ 'function', 1 ]"),
  ],
  [
    "resolve what is not there, as a URL is",
    cell("import.meta.resolve('./not-there.js')", "'file:///workspace/not-there.js'"),
    cell("[import.meta.resolve('/a'), import.meta.resolve('https://x/y')]", "[ 'file:///a', 'https://x/y' ]"),
    fails("import.meta.resolve('not-installed')", /Cannot find/),
  ],
  [
    "say where an error comes from that another callback's turn brought",
    cell("const fail = async () => { await new Promise((go) => setTimeout(go, 20)); null.x }"),
    fails("await Promise.all([fail(), fail()])", /^Uncaught TypeError: .*\n {4}at fail \(cell-\d+\.js:1:80\)\n/),
    fails(
      "setTimeout(() => {}, 5)\nawait new Promise((_, no) => setTimeout(no, 5, new SyntaxError('mine')))",
      /^Uncaught SyntaxError: mine\n {4}at cell-\d+\.js:2:48\n/,
    ),
    fails("1 +", /^cell-\d+\.js:1\n1 \+\n {3}\^\n\nUncaught SyntaxError: Unexpected end of input\n$/),
    fails("\n[\n1,", /^cell-\d+\.js:3\n1,\n {2}\^\n\n/),
  ],
  [
    "be strict where it says so, and not compile",
    fails("'use strict'; 010", /Octal literals are not allowed in strict mode/),
    fails('"use strict"\nwith (Math) {}', /may not include a with statement/),
    fails("'use strict'; let static", /strict mode reserved word/),
    cell("with (Math) { max(1, 2) }", "2"),
  ],
  [
    "begin with a comment of any kind",
    ...["--> one", "/* one */ --> two", " /* one\n*/ /* two */-->", "\n--> one", "#!one", "<!-- one"].map((begin) =>
      cell(`${begin}\n5`, "5"),
    ),
    fails("/* one */ x --> 0", /^Uncaught ReferenceError: x is not defined\n {4}at cell-\d+\.js:1:11\n/),
  ],
  [
    "take braces for an object where they can be one, as Node's console does",
    cell("{ a: 1 }.a", "1"),
    cell("{} + 1", "'[object Object]1'"),
    cell("{ a: 1 } // it\n/* all */", "{ a: 1 }"),
    cell("{ let a = 1; a + 1 }\n// it\n'last'", "'last'"),
  ],
];

describe("a JavaScript cell", () => {
  itEach(cases, () => kit.open());
});
