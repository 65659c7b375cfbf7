import { readdirSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { ended, Place, profile, Terminal } from "./cli-kit.ts";

const talk = (script: string) => profile.replace(/ {6}script:[\s\S]*?flows:/, `      script: ${script}\nflows:`);

describe("sluice chat at a terminal", () => {
  it("should say who answers, take pasted lines as one message, and show what a program asks", async () => {
    const asks = "print('part ', end=''); n = input('Name: '); import getpass; p = getpass.getpass(); print(n, len(p))";
    await using place = new Place(talk(`[{ code: "${asks}" }, Done.]`));
    await using terminal = new Terminal(place, ["chat"]);
    await terminal.shows("script answers; code runs in box");
    terminal.type("\u001b[200~first\rsecond\u001b[201~\r");
    await terminal.shows("part Name: ");
    terminal.type("Ann\r");
    await terminal.shows("part Name: Ann");
    await terminal.shows("Password: ");
    terminal.type("geheim\r");
    await terminal.shows("Ann 6");
    expect(terminal.seen).not.toContain("geheim");
    await terminal.shows("Done.");
    terminal.type("/exit\r");
    expect(await terminal.exitCode).toBe(0);
    expect(place.read("home/state/chat-history").toString()).toBe('"first\\nsecond"\n"/exit"\n');
  });
});

describe("an answer at a terminal", () => {
  it.each([
    ["that obeys nothing", { TERM: "dumb" }, "\u001b"],
    ["without colours", { NO_COLOR: "1" }, "\u001b[1m"],
  ])("should have nothing in it that a terminal would have to obey: one %s", async (_, env, forbidden) => {
    await using place = new Place(talk('["It is **42**."]'));
    await using terminal = new Terminal(place, ["chat"], env);
    await terminal.shows("script answers");
    terminal.type("what?\r");
    await terminal.shows("It is **42**.");
    terminal.type("/exit\r");
    expect(await terminal.exitCode).toBe(0);
    expect(terminal.seen).not.toContain(forbidden);
  });

  it("should be drawn as the Markdown it is, where colours are wanted", async () => {
    const said = "It is **42**, see [here](https://e.org).\\n\\n| a | b |\\n|---|---|\\n| 1 | 2 |\\n";
    await using place = new Place(talk(`["${said}"]`));
    await using terminal = new Terminal(place, ["chat"], { NO_COLOR: undefined, FORCE_COLOR: "1" });
    await terminal.shows("script answers");
    terminal.type("what?\r");
    await terminal.shows("It is 42, see here (https://e.org).");
    await terminal.shows("1  2");
    expect(terminal.seen).toContain("\u001b[1m42\u001b[22m");
    // A tab among other keys is one that was pasted.
    terminal.type("/un");
    await terminal.shows("> /un");
    terminal.type("\t");
    await terminal.shows("/undo");
    terminal.type("\r");
    await terminal.shows("taken back: what?");
    terminal.type("/exit\r");
    expect(await terminal.exitCode).toBe(0);
  });
});

describe("the commands of sluice chat", () => {
  it("should move files, save what was made and said, and choose model and session", async () => {
    const draw = "import matplotlib.pyplot as p; p.plot([1]); p.show(); open('b.txt', 'w').write(open('a.txt').read())";
    await using place = new Place(talk(`[{ code: "${draw}" }, Done.]`));
    place.write("a.txt", "from here");
    const lines = ["/put a.txt", "draw", "/get", "/get made", "/model", "/model scirpt", "/model script", "/model -"];
    lines.push("/sessions", "/sessions other", "/save talk.md", "/mdel", "/put", "/exit");
    const chat = await ended(place.start(["chat"], { input: `${lines.join("\n")}\n` }));
    expect(chat.code).toBe(0);
    expect(chat.stdout).toContain("1 file put");
    expect(chat.stdout).toContain("b.txt\nresult-1.png");
    expect(readdirSync(`${place.folder}/made`)).toEqual(["b.txt", "result-1.png", "result-2.txt"]);
    expect(place.read("made/b.txt").toString()).toBe("from here");
    expect(chat.stdout).toMatch(/script +llm-scripted +ok/);
    expect(chat.stdout).toContain("script answers alone");
    expect(chat.stdout).toContain("the flow chat answers");
    expect(chat.stdout).toContain("a new session, other");
    expect(chat.stderr).toContain("Did you mean `script`?");
    expect(chat.stderr).toContain("Did you mean `/model`?");
    expect(chat.stderr).toContain("it is /put PATH...");
  });

  it("should take back questions, one by one, and tell of every command", async () => {
    await using place = new Place(talk("[First., Second., Third.]"));
    const lines = ["/undo", "one", "two", "/undo", "two, changed", "/undo", "/undo", "anew", "/save a.md", "/help"];
    const chat = await ended(place.start(["chat"], { input: `${lines.join("\n")}\n` }));
    expect(chat.code).toBe(0);
    expect(chat.stderr).toContain("nothing was asked that could be taken back");
    const told = chat.stdout.split("\n").filter((line) => /^(First|Second|Third|taken)/.test(line));
    expect(told).toEqual([
      ...["First.", "Second.", "taken back: two", "Second.", "taken back: two, changed", "taken back: one", "First."],
    ]);
    expect(place.read("a.md").toString()).toBe("## anew\n\nFirst.\n");
    for (const name of ["new", "put", "get", "model", "undo", "save", "sessions", "help", "exit"])
      expect(chat.stdout).toContain(`\n/${name}`);
  });

  it("should write a conversation as Markdown, and over no file", async () => {
    await using place = new Place(talk("[Hello., Bye.]"));
    const chat = await ended(place.start(["chat"], { input: "one\ntwo\n/save a.md\n/save a.md\n" }));
    expect(place.read("a.md").toString()).toBe("## one\n\nHello.\n\n## two\n\nBye.\n");
    expect(chat.stderr).toContain("SLUICE_FILE_FAILED");
  });

  it("should mark an answer that is not whole", async () => {
    await using place = new Place(talk("[{ text: the beginning, hang: true }]"));
    const child = place.start(["chat"], { input: "begin\n/exit\n" });
    const end = ended(child);
    child.stdout?.once("data", () => child.kill("SIGINT"));
    const chat = await end;
    expect(chat.stdout).toContain("the beginning");
    expect(chat.stderr).toContain("[interrupted: the answer above is not whole]");
    expect(chat.code).toBe(0);
  });
});
