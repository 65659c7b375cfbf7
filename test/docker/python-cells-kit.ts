import { expect, it } from "vitest";
import type { SandboxSession } from "../../core/contract/index.ts";
import { type Ran, type RunOptions, run } from "./sandbox-kit.ts";

/** What one cell is to do; what is not said is not looked at, but for `exit` (0) and `stderr` (nothing, if `exit` is 0). */
interface Cell extends RunOptions {
  readonly code: string;
  readonly exit?: number | null;
  readonly stdout?: string | RegExp;
  readonly stderr?: RegExp;
  /** `text/plain` of every result, in order. */
  readonly shown?: readonly (string | RegExp)[];
  readonly pictures?: number;
  readonly lost?: boolean;
  readonly check?: (ran: Ran) => void;
}

export type Case = readonly [name: string, ...cells: (Cell | string)[]];

/** Texts of all that has a meaning to IPython, for its own transformer and for ours, which does less where it may. */
export const transformed = String.raw`
import random, warnings
from IPython.core.inputtransformer2 import TransformerManager
managers = get_ipython().input_transformer_manager, TransformerManager()
words = ["\n", "\\\n", "\t", "\f", "\r", "\u2028", " ", "    ", "x", "ls", "1", "=", "!=", "%", "%%", "!", "!!", "?", "??"]
words += [",", ";", "/", "'", '"', "'''", "#", "(", ")", "if x:\n", "é"]
def answer(manager, text):
    try:
        return manager.transform_cell(text)
    except Exception as error:
        return type(error)
warnings.simplefilter("ignore")
random.seed(7)
texts = ["".join(random.choices(words, k=random.randrange(1, 14))) for _ in range(5000)]
wrong = [text for text in texts if len({answer(each, text) for each in managers}) > 1]
# A transformer of the user's may give lines that hold more than one.
together = lambda lines: ["".join(lines)]
for each in managers: each.line_transforms.append(together)
wrong += [text for text in texts if len({answer(each, text) for each in managers}) > 1]
for each in managers: each.line_transforms.remove(together)
wrong[:3]`;

/** One test for each case; all of them share the session unless each is given its own. */
export function itEach(cases: readonly Case[], session: () => Promise<SandboxSession> | SandboxSession): void {
  for (const [name, ...cells] of cases) {
    it(`should ${name}`, async () => {
      const own = await session();
      for (const cell of cells) await expectCell(own, typeof cell === "string" ? { code: cell } : cell);
    });
  }
}

async function expectCell(session: SandboxSession, cell: Cell): Promise<void> {
  const { code, exit = 0, stdout, stderr, shown, pictures, lost = false, check, ...options } = cell;
  const ran = await run(session, code, { timeout: 60_000, ...options });
  const { end } = ran;
  const seen = `${code}\n-> ${JSON.stringify({ ...end, stdout: ran.stdout.slice(0, 2000), stderr: ran.stderr.slice(0, 3000) })}`;
  expect(end.exitCode, seen).toBe(exit);
  expect(end.stateLost, seen).toBe(lost);
  if (stderr) expect(ran.stderr, seen).toMatch(stderr);
  else if (exit === 0) expect(ran.stderr, seen).toBe("");
  for (const word of ["sluice", "\u001b["]) expect(ran.stderr, seen).not.toContain(word);
  if (typeof stdout === "string") expect(ran.stdout, seen).toBe(stdout);
  else if (stdout) expect(ran.stdout, seen).toMatch(stdout);
  if (pictures !== undefined) expect(ran.results.filter(({ data }) => "image/png" in data)).toHaveLength(pictures);
  const texts = ran.results.map(({ data }) => String(data["text/plain"]));
  if (shown) {
    expect(texts, seen).toHaveLength(shown.length);
    shown.forEach((want, index) => {
      if (typeof want === "string") expect(texts[index], seen).toBe(want);
      else expect(texts[index], seen).toMatch(want);
    });
  }
  check?.(ran);
}

/** A function that calls another in a forked process with a terminal of its own, and returns what that shows. */
export const IN_TERMINAL = `import os, pty
def in_terminal(work):
    pid, fd = pty.fork()
    if pid == 0:
        try: work()
        finally: os._exit(0)
    os.write(fd, b"typed\\n")
    told = b""
    try:
        while True: told += os.read(fd, 1024)
    except OSError: os.waitpid(pid, 0)
    return told
`;
