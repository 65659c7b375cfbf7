import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Kit, run, startSandbox } from "./sandbox-kit.ts";

let kit: Kit;

beforeAll(async () => {
  kit = await startSandbox();
});

afterAll(() => kit[Symbol.asyncDispose]());

interface Expected {
  readonly out?: string | RegExp;
  readonly err?: string | RegExp;
  readonly exit?: number;
  /** Whether bash ended with it. */
  readonly lost?: boolean;
}
type Cell = readonly [code: string, expected?: Expected];

/** Each is one session: its cells, in order, and what comes of them. An error that nobody expects fails. */
const sessions: readonly (readonly [name: string, ...cells: readonly Cell[]])[] = [
  ...[
    "printf() { echo mine; }",
    "source() { echo no; }; function . { :; }",
    "exec() { :; }; exit() { :; }; return() { :; }; trap() { :; }; set() { :; }; unset() { :; }",
    "builtin() { :; }; command() { :; }; eval() { :; }; read() { :; }",
    "shopt -s expand_aliases; alias eval=false exec=false trap=false set=false unset=false source=false printf=false",
    "exit() { :; }; return() { :; }; eval() { :; }; command() { :; }; builtin() { :; }; export -f exit eval",
    "PS0=a PS1=b PS2=c PS3=d PS4=e; PROMPT_COMMAND='echo prompt'",
    "set -f +B; IFS=123; LC_ALL=C; CDPATH=/; GLOBIGNORE='*'; set -o pipefail",
    "PATH=; unset PATH HOME",
    'for fd in {3..255}; do eval "exec $fd>&-"; done',
    "set -o posix",
    "shopt -s extglob nullglob failglob lastpipe; set -E -T",
    "readonly TMPDIR=/nonexistent; HISTFILE=/nonexistent; BASH_ENV=/nonexistent",
    "trap '' INT TERM; trap 'echo chld >/dev/null' CHLD",
    "set -n",
    "mkdir gone; cd gone; rmdir ../gone",
  ].map((code): readonly [string, ...Cell[]] => [
    code,
    [code, {}],
    ["echo alive", { out: "alive\n" }],
    ["( \\exit 5 )", { exit: /exit\(\)/.test(code) ? 0 : 5 }],
    ["echo more", { out: "more\n" }],
  ]),
  ...[
    "readonly PROMPT_COMMAND='echo prompt'",
    "readonly PS0=a PS1='$(echo b >&2)' PS2=c",
    "readonly POSIXLY_CORRECT=1",
    "ulimit -n 50",
    "exec 0<&-",
    "exec 2>&-; exec 2>&1",
  ].map((code): readonly [string, ...Cell[]] => [
    code,
    [code, {}],
    ["echo alive", { out: "alive\n" }],
    ["kept=5; (exit 5)", { exit: 5 }],
    ["echo $kept; read -r x; echo $?", { out: "5\n1\n" }],
  ]),
  [
    "what is ours and nobody's else",
    ["set -o history; echo hi; history | grep -c POSIXLY", { exit: 1, out: "hi\n0\n" }],
    ["POSIXLY_CORRECT=mine", {}],
    ["echo $POSIXLY_CORRECT; set -o | grep posix", { out: /^mine\nposix +\ton\n$/ }],
    ["unset POSIXLY_CORRECT", {}],
    ["set -o | grep posix; trap -p", { out: /^posix +\toff\n$/ }],
    ["trap 'echo bye; echo sorry >&2' EXIT; exit 3", { exit: 3, out: "bye\n", err: "sorry\n", lost: true }],
  ],
  [
    "prompt commands",
    ["IFS=1; PROMPT_COMMAND=('echo p1' 'echo \"p2;\"')", {}],
    ["PROMPT_COMMAND+=(third); PS1='declare -x PS1=$ '", {}],
    ['printf "%s\\n" "${PROMPT_COMMAND[@]}" "$PS1"', { out: 'echo p1\necho "p2;"\nthird\ndeclare -x PS1=$ \n' }],
  ],
  [
    "line editing",
    ["set -o vi; echo one", { out: "one\n" }],
    ["echo two; set -o emacs", { out: "two\n" }],
    ["echo three", { out: "three\n" }],
  ],
  [
    "strict mode",
    ["set -u", {}],
    ["echo $nope", { exit: 1, err: /nope: unbound variable/ }],
    ["set -euo pipefail; echo strict", { out: "strict\n" }],
    ["echo still", { out: "still\n" }],
    ["false | true", { exit: 1, lost: true }],
    ["echo alive", { out: "alive\n" }],
  ],
  [
    "tracing",
    ["set -x; echo one", { out: "one\n", err: /^\+* echo one\n$/ }],
    ["echo two", { out: "two\n", err: /^\+* echo two\n$/ }],
    ["set +x", { err: /^\+* set \+x\n$/ }],
    ["set -v", {}],
    ["echo three", { out: "three\n", err: "echo three\n" }],
    ["set +v", { err: "set +v\n" }],
    ["echo four", { out: "four\n" }],
  ],
  [
    "traps",
    ["trap 'echo err' ERR; false", { exit: 1, out: "err\n" }],
    ["false", { exit: 1, out: "err\n" }],
    ["trap - ERR; trap 'echo ret' RETURN; echo one", { out: "one\n" }],
    ["trap - RETURN; trap 'echo \"it'\\''s\"' DEBUG", {}],
    ["echo two", { out: "it's\ntwo\n" }],
    ["trap - DEBUG", { out: "it's\n" }],
    ["trap 'echo usr' USR1; kill -USR1 $$; echo three", { out: "usr\nthree\n" }],
    ["trap 'echo bye' EXIT", {}],
    ["exit 3", { exit: 3, out: "bye\n", lost: true }],
    ["trap -p", {}],
  ],
  [
    "descriptors",
    ["exec 9>lock; flock -n 9 && echo got", { out: "got\n" }],
    ["echo held >&9 && echo still", { out: "still\n" }],
    ["exec 200>l200 8>l8; flock -n 200 && echo 200", { out: "200\n" }],
    ["echo x >&200 && echo y >&8 && echo both", { out: "both\n" }],
    ["exec {fd}>named; echo z >&$fd; cat named", { out: "z\n" }],
    ["exec < /etc/hostname; read -r line; echo ${#line}", { out: /^\d+\n$/ }],
    ["read -r more; echo $?; exec < /dev/null", { out: "1\n" }],
    ["exec 3>&1 > log.txt 2>&1; echo hidden", {}],
    ["echo hidden2; (exit 4)", { exit: 4 }],
    ["exec >&3 2>&1; cat log.txt", { out: "hidden\nhidden2\n" }],
  ],
  [
    "code that ends too early",
    ["echo 1 \\", { out: "1\n" }],
    ["echo a \\\n  b \\\n  c \\\n", { out: "a b c\n" }],
    ["echo 'x\\", { exit: 2, err: /unexpected EOF/ }],
    ["cat <<EOF\nopen", { out: "open\n", err: /here-document/ }],
    ["cat <<'EOF'\nlast 'quote\" `x` $y \\\nEOF", { out: "last 'quote\" `x` $y \\\n" }],
    ["if then", { exit: 2, err: /syntax error/ }],
    ["echo $((1/0)); echo not", { exit: 1, err: /division by 0/ }],
    ["}", { exit: 2, err: /syntax error/ }],
    ["echo 'it'\\''s'; echo \"done\"", { out: "it's\ndone\n" }],
    ["# only a comment", {}],
    ["", {}],
    ["echo 1\r\necho 2\r\n".replaceAll("\r", ""), { out: "1\n2\n" }],
  ],
  [
    "state",
    ['x=5; f() { echo "<$1>"; }; declare -A m=([k]=v); cd /tmp; shopt -s extglob; set -o noclobber', {}],
    ["f $x; pwd; echo ${m[k]} $-; shopt -q extglob && echo ext", { out: /^<5>\n\/tmp\nv .*C.*\next\n$/ }],
    ["false", { exit: 1 }],
    ["echo $?", { out: "1\n" }],
    ["PS1='$ ' PS2='> ' PS0=zero TMOUT=1 PROMPT_COMMAND='echo \"it'\\''s\"'; sleep 0.1", {}],
    ['sleep 1.5; echo "$PS1 $PS2 $PS0 $TMOUT $PROMPT_COMMAND"', { out: '$  >  zero 1 echo "it\'s"\n' }],
    ["sleep 60 & kill $!; sleep 0.2; echo y", { out: "y\n" }],
    ["sleep 0.1 & wait $!; echo $?", { out: "0\n" }],
    [`x='${"y".repeat(100_000)}'\necho \${#x}`, { out: "100000\n" }],
    ["export TMPDIR=/nonexistent; head -c 2000000000 /dev/zero > /tmp/fill 2>/dev/null; echo rc=$?", { out: "rc=1\n" }],
    [`z='${"y".repeat(100_000)}'\necho \${#z}; rm /tmp/fill`, { out: "100000\n" }],
  ],
];

describe("bash cells", () => {
  it.each(sessions.map(([name, ...cells]) => ({ name, cells })))("should bear $name", async ({ cells }) => {
    const session = await kit.open();
    try {
      for (const [code, expected = {}] of cells) {
        const ran = await run(session, code, { language: "bash", timeout: 60_000 });
        const { out = "", err = "", exit = 0, lost = false } = expected;
        const wanted = (text: string | RegExp) => (typeof text === "string" ? text : expect.stringMatching(text));
        const { exitCode, stateLost } = ran.end;
        expect({ code: code.slice(0, 200), out: ran.stdout, err: ran.stderr, exit: exitCode, lost: stateLost }).toEqual(
          {
            code: code.slice(0, 200),
            out: wanted(out),
            err: wanted(err),
            exit,
            lost,
          },
        );
      }
    } finally {
      await session[Symbol.asyncDispose]();
    }
  });

  it.each([
    ["disables a command of ours", "enable -n trap; echo begun"],
    ["skips every command", "echo begun; shopt -s extdebug; trap false DEBUG"],
  ])("should end at its time-out where it %s", async (_, code) => {
    await using session = await kit.open();
    const { stdout, end } = await run(session, code, { language: "bash", timeout: 6000 });
    expect([stdout, end.status, end.stateLost]).toEqual(["begun\n", "timeout", true]);
    expect((await run(session, "echo next", { language: "bash" })).stdout).toBe("next\n");
  });
});
