import { afterAll, beforeAll, describe } from "vitest";
import type { SandboxSession } from "../../core/contract/index.ts";
import { type Case, IN_TERMINAL, itEach } from "./python-cells-kit.ts";
import { type Kit, startSandbox } from "./sandbox-kit.ts";

let kit: Kit;
let session: SandboxSession;

beforeAll(async () => {
  kit = await startSandbox();
  session = await kit.open();
});

afterAll(() => kit[Symbol.asyncDispose]());

const alive = { code: "print('alive')", stdout: "alive\n" };

/** What a cell is told by, in the code's own hands; the state of the session is kept. */
const kept: readonly Case[] = [
  [
    "bear what code does to its standard streams",
    { code: "import sys\nsys.stdout = None\nprint('nowhere')\n5", stdout: "", shown: ["5"] },
    { code: "1/0", exit: 1, stderr: /ZeroDivisionError/ },
    { code: "!echo shell", stdout: "" },
    { code: "sys.stdout = sys.__stdout__\nprint('back', sys.stdout.name)", stdout: "back <stdout>\n" },
    { code: "sys.stdout.close(); sys.stderr.close()" },
    alive,
    { code: "import os\nos.close(1); os.close(2)" },
    alive,
    { code: "open(1, 'w').write('x\\n'); open('/dev/stderr', 'w').write('y\\n');", stdout: "x\n", stderr: /^y\n$/ },
    { code: "sys.stderr = None\n1/0", exit: 1, stderr: /ZeroDivisionError/ },
    {
      code: "sys.stderr = sys.__stderr__\nimport io, contextlib, logging\nbuf = io.StringIO()\nwith contextlib.redirect_stderr(buf):\n    logging.warning('one')\nprint(repr(buf.getvalue()))",
      stdout: "'WARNING:root:one\\n'\n",
    },
    {
      code: "import codecs\nsys.stdout = io.TextIOWrapper(sys.stdout.detach(), encoding='utf-8')\nsys.stderr = codecs.getwriter('utf-8')(sys.stderr.detach())\nprint('é')",
      stdout: "é\n",
    },
    { code: "print('then'); 1/0", exit: 1, stdout: "then\n", stderr: /ZeroDivisionError/ },
    { code: "sys.stdout, sys.stderr = sys.__stdout__, sys.__stderr__\nsys.stdout.detach(), sys.stderr.detach();" },
    alive,
    { code: "print('\\ud800')", exit: 1, stderr: /UnicodeEncodeError/ },
    { code: "sys.stderr.write('\\ud800\\n');", stderr: /^\\ud800\n$/ },
    { code: "'\\udead'", shown: ["'\\udead'"] },
    { code: "class H:\n    def _repr_html_(self): return '<b>\\ud800</b>'\nH()", shown: [/H at/] },
    alive,
  ],
  [
    "tell the end of a cell whose code has functions of os replaced, and what it shows until then",
    {
      code: "import os\nfrom unittest.mock import patch\nwith patch('os.getpid', return_value=7), patch('os.write'): display(os.getpid())",
      shown: ["7"],
    },
    { code: "for name in ('getpid', 'fstat', 'dup2', 'read', 'write', '_exit'): patch('os.' + name).start()" },
    {
      code: "input('? '), 6 * 7",
      shown: ["('typed', 42)"],
      onEvent: ({ type }) => void (type === "input-request" && session.input("typed")),
    },
    { code: "patch.stopall()\nos.getpid() == int(os.readlink('/proc/self'))", shown: ["True"] },
  ],
  [
    "tell an error whose name or words are no plain text",
    {
      code: "class M(type): __name__ = property(lambda self: 5)\nclass E(Exception, metaclass=M): pass\nraise E('told')",
      exit: 1,
      stderr: /E: told\n$/,
    },
    {
      code: "class S(str):\n    def __getitem__(self, at): return 7\nclass E(Exception):\n    def __str__(self): return S('words')\nraise E",
      exit: 1,
      stderr: /E: words\n$/,
    },
  ],
  [
    "read a line from what the code has put in the place of standard input",
    {
      code: "import io, sys\nown, sys.stdin = sys.stdin, io.StringIO('held\\n')\nprint(input('? '))",
      stdout: "? held\n",
    },
    { code: "sys.stdin = None\ninput()", exit: 1, stderr: /RuntimeError: .*lost sys\.stdin\n$/ },
    { code: "del sys.stdin\ninput()", exit: 1, stderr: /RuntimeError: .*lost sys\.stdin\n$/ },
    { code: "sys.stdin, out = own, sys.stdout\ndel sys.stdout\ninput()", exit: 1, stderr: /lost sys\.stdout\n$/ },
    { code: `${IN_TERMINAL}b"TYPED" in in_terminal(lambda: print(input().upper()))`, shown: ["True"] },
  ],
  [
    "bear standard streams that are deleted, for one cell",
    { code: "import sys\nown = sys.stdout\ndel sys.stdout\nprint('gone')", exit: 1, stderr: /lost sys\.stdout\n$/ },
    { code: "print('back', sys.stdout is own)", stdout: "back True\n" },
    { code: "del sys.stdout, sys.stderr\n1/0", exit: 1, stderr: /ZeroDivisionError: division by zero\n$/ },
    { code: "sys.stdout.close(); del sys.stdout, sys.__stdout__", exit: 1, stderr: /./ },
    { code: "import warnings\nwarnings.warn('told')", stderr: /^<cell \d+>:2: UserWarning: told\n/ },
    alive,
  ],
];

describe("what a cell of Python tells by", () => {
  itEach(kept, () => session);
});
