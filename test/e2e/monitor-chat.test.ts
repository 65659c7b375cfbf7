import type { Locator, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Monitor } from "./monitor-kit.ts";

/** A model that tells by its answer how much it remembers, and one whose programs need a person. */
const more = `  counter: { use: llm-scripted, with: { model: counter-1, script: [First., Second., Third., Fourth., Fifth.] } }
  asker:
    use: llm-scripted
    with:
      script:
        - { when: "^Greet", text: I ask., code: "name = input('Name: ')\\nprint('Hello', name)" }
        - { when: "Hello", text: Greeted. }
        - { when: "not run|refused", text: "Then not." }
        - { when: "^Wait", text: "The beginning,", hang: true }
        - Nothing to do.
      repeat: true
  guard: { use: approve }
`;
const flows = `  counted: counter
  asks: { loop: [asker, box], until: done, max: 4 }
  guarded: { loop: [asker, guard, box], until: done, max: 4 }
`;

let monitor: Monitor;
let page: Page;

beforeAll(async () => {
  monitor = await Monitor.start({ docker: true, more, flows });
  page = await monitor.open();
});

afterAll(async () => {
  await monitor?.[Symbol.asyncDispose]();
});

const at = async (path: string, tab = page) => {
  await tab.goto(`${monitor.address}/monitor/${path}`);
  await tab.getByText("live", { exact: true }).first().waitFor();
};
const field = (tab = page) => tab.locator(".composer textarea");
const turn = (index: number, tab = page) => tab.locator(".chat-turn").nth(index);
const shows = (index: number, text: string, tab = page) =>
  turn(index, tab).getByText(text, { exact: true }).first().waitFor();

/** At once: Chromium takes seconds to insert a thousand lines into any text area. */
async function put(place: Locator, text: string): Promise<void> {
  await place.evaluate((element, value) => {
    Object.getOwnPropertyDescriptor(HTMLTextAreaElement.prototype, "value")?.set?.call(element, value);
    element.dispatchEvent(new Event("input", { bubbles: true }));
  }, text);
}

async function say(text: string, tab = page): Promise<void> {
  await put(field(tab), text);
  await field(tab).press("Control+Enter");
  await expect.poll(() => field(tab).inputValue()).toBe("");
}

/** A new conversation with one flow, whose first question is asked. */
async function begin(flow: string, text: string): Promise<string> {
  await at(`chat?flow=${flow}`);
  await say(text);
  await page.waitForURL(/\/chat\/chat-/);
  return new URL(page.url()).pathname.split("/").at(-1) ?? "";
}

describe("a conversation", () => {
  it("should have its turns below each other, keep variables, and show code with what came of it", async () => {
    const name = await begin("run", "x = 20\nprint('set')");
    await shows(0, "set");
    await say("print(x + 22)");
    await shows(1, "42");
    await page.getByRole("checkbox", { name: /^chat/ }).check();
    await say("What is 6 times 7? Write a program.");
    const answer = turn(2).getByRole("region", { name: "Answer of chat" });
    await answer.getByText("NameError: name 'anser' is not defined").waitFor();
    await answer.getByText("Nothing more is to be done.", { exact: false }).waitFor();
    await page.getByText("chat: careful answers, code runs in box").waitFor();
    const list = page.getByRole("navigation", { name: "Conversations" });
    await list.getByRole("link", { name: /x = 20/ }).waitFor();
    expect((await monitor.host.runs.list({ session: name })).length).toBe(3);
  });

  it("should ask an edited question on a branch of its own, and lose neither", async () => {
    await begin("counted", "one");
    await shows(0, "First.");
    await say("two");
    await shows(1, "Second.");
    await say("three");
    await shows(2, "Third.");
    await turn(1).getByRole("button", { name: "Edit and ask again" }).click();
    const edited = page.getByRole("textbox", { name: "The question" });
    await edited.fill("two, changed");
    await edited.press("Enter");
    await shows(1, "two, changed");
    await shows(1, "Second.");
    await expect.poll(() => page.locator(".chat-turn").count()).toBe(2);
    await say("and on");
    await shows(2, "Third.");
    const versions = turn(1).getByRole("group", { name: "Versions of the question" });
    await versions.getByText("2/2").waitFor();
    await versions.getByRole("button", { name: "The version before" }).click();
    await shows(1, "two");
    await shows(2, "three");
    await page.reload();
    await shows(2, "three");
    await versions.getByRole("button", { name: "The version after" }).click();
    await shows(2, "and on");
  });

  it("should answer again, from any turn, and keep the answers of before", async () => {
    await begin("counted", "again");
    await shows(0, "First.");
    await say("next");
    await shows(1, "Second.");
    await turn(0).getByRole("button", { name: "Answer again" }).click();
    const versions = turn(0).getByRole("group", { name: "Versions of the answer" });
    await versions.getByText("2/2").waitFor();
    await shows(0, "First.");
    await expect.poll(() => page.locator(".chat-turn").count()).toBe(1);
    await versions.getByRole("button", { name: "The version before" }).click();
    await shows(1, "Second.");
  });

  it("should survive a reload, another tab and another host, and go on from what was said", async () => {
    const name = await begin("counted", "remember me");
    await shows(0, "First.");
    await say("and this");
    await shows(1, "Second.");
    await field().fill("not sent yet");
    await page.reload();
    await shows(1, "Second.");
    expect(await field().inputValue()).toBe("not sent yet");
    const tab = await page.context().newPage();
    await at(`chat/${name}`, tab);
    await shows(1, "Second.", tab);
    await say("from the other tab", tab);
    await shows(2, "Third.", tab);
    await shows(2, "Third.");
    await tab.close();
    await monitor.restart(async () => {
      await page.getByText(/reconnecting/).waitFor();
    });
    await page.getByText("live", { exact: true }).first().waitFor();
    await shows(2, "Third.");
    await say("after the restart");
    await shows(3, "Fourth.");
    const search = page.getByRole("searchbox", { name: "Search conversations" });
    await page.getByRole("button", { name: "Rename this conversation" }).click();
    await page.getByRole("textbox", { name: "Name" }).fill("Budget für 2026");
    await page.getByRole("button", { name: "Rename", exact: true }).click();
    await search.fill("für budget");
    await page.getByRole("link", { name: /Budget für 2026/ }).waitFor();
    await expect.poll(() => page.locator(".conversation").count()).toBe(1);
    await page.getByRole("button", { name: "Rename this conversation" }).click();
    await page.getByRole("textbox", { name: "Name" }).fill("");
    await page.getByRole("button", { name: "Rename", exact: true }).click();
    await page.getByText("No conversation fits").waitFor();
    await search.fill("remember");
    await page.getByRole("link", { name: /remember me/ }).waitFor();
    await expect.poll(() => page.locator(".conversation").count()).toBe(1);
  });

  it("should follow what streams until a person scrolls up, and say when a sandbox begins anew", async () => {
    const name = await begin("run", "kept = 5\nfor i in range(60): print('row', i)");
    await shows(0, "row 59");
    await page.getByText("run: code runs in box", { exact: true }).waitFor();
    for (const index of [1, 2, 3]) {
      await say(`print('turn ${index}')`);
      await shows(index, `turn ${index}`);
    }
    const away = () => page.locator(".turns").evaluate((box) => box.scrollHeight - box.scrollTop - box.clientHeight);
    await expect.poll(away).toBeLessThan(5);
    await page.locator(".turns").hover();
    await page.mouse.wheel(0, -400);
    await expect.poll(away).toBeGreaterThan(200);
    await monitor.host.runs.open({ flow: "run", input: { code: "print('turn 4')" }, session: name }).done;
    await shows(4, "turn 4");
    expect(await away()).toBeGreaterThan(200);
    await say("print('turn 5')");
    await shows(5, "turn 5");
    await expect.poll(away).toBeLessThan(5);
    await monitor.host.sessions.close(name);
    await page.reload();
    await page.getByText("run: code runs in box · the sandbox begins empty").waitFor();
    await say("print('kept' in globals())");
    await shows(6, "False");
  });

  it("should stop an answer, and mark what is left of it", async () => {
    await begin("asks", "Wait for me.");
    await shows(0, "The beginning,");
    await page.getByRole("button", { name: "Stop" }).click();
    await shows(0, "It was stopped: this answer is not whole.");
    await page.reload();
    await shows(0, "It was stopped: this answer is not whole.");
  });

  it("should take files that are dropped on it, and leave out what is taken away", async () => {
    await at("chat?flow=run");
    const files = await page.evaluateHandle(() => {
      const dropped = new DataTransfer();
      dropped.items.add(new File(["a,b\n1,2"], "data.csv"));
      dropped.items.add(new File(["no"], "unwanted.txt"));
      return dropped;
    });
    await page.locator(".turns").dispatchEvent("drop", { dataTransfer: files });
    await page.getByRole("button", { name: "Leave out unwanted.txt" }).click();
    await say("import os; print(open('data.csv').read(), sorted(os.listdir()))");
    await shows(0, "1,2 ['data.csv']");
    await turn(0).getByText("with data.csv").waitFor();
    await page
      .locator("input[type=file]")
      .setInputFiles({ name: "late.txt", mimeType: "text/plain", buffer: Buffer.from("x") });
    await say("print(sorted(os.listdir()))");
    await shows(1, "['data.csv', 'late.txt']");
  });

  it("should ask for input and for approvals where the answer is", async () => {
    await begin("asks", "Greet me.");
    const answer = turn(0).getByRole("region", { name: "Answer of asks" });
    await answer.getByLabel("Name:").fill("Ann");
    await page.keyboard.press("Enter");
    await answer.getByText("Hello Ann").waitFor();
    await answer.getByText("Greeted.").waitFor();
    await begin("guarded", "Greet me.");
    const guarded = turn(0).getByRole("region", { name: "Answer of guarded" });
    await guarded.getByRole("textbox", { name: "Why not" }).fill("not today");
    await guarded.getByRole("button", { name: "Refuse" }).click();
    await guarded.getByText("Then not.").waitFor();
  });

  it("should show several flows side by side, and go on from the one that is chosen", async () => {
    const name = await begin("counted", "who are you?");
    await shows(0, "First.");
    await page.getByRole("checkbox", { name: /^answer/ }).check();
    await page.getByText("each with variables of its own", { exact: false }).waitFor();
    await say("and now?");
    const quick = turn(1).getByRole("region", { name: "Answer of answer" });
    await quick.getByText("It is 42.", { exact: false }).waitFor();
    await turn(1).getByRole("region", { name: "Answer of counted" }).getByText("Second.").waitFor();
    await quick.getByRole("button", { name: "Go on from this one" }).click();
    await page.waitForURL(/at=/);
    await page.getByRole("checkbox", { name: /^counted/ }).uncheck();
    await page.getByText("answer: quick answers, and no code is run").waitFor();
    await say("I mean you.");
    await turn(2).getByText("It is 42.", { exact: false }).waitFor();
    const [last] = await monitor.host.runs.list({ session: `${name}~2`, limit: 1 });
    expect(last?.input).toBe("I mean you.");
    await page.reload();
    await turn(2).getByText("It is 42.", { exact: false }).waitFor();
    await expect.poll(() => turn(1).locator(".answer-card").count()).toBe(2);
  });

  it("should edit a program of 1,000 lines over a reload, with none of it in the address", async () => {
    const program = Array.from({ length: 1_000 }, (_, line) => `x${line} = ${line}`).join("\n");
    await begin("run", `${program}\nprint(x999)`);
    await shows(0, "999");
    await turn(0).getByRole("button", { name: "Edit and ask again" }).click();
    const edited = page.getByRole("textbox", { name: "The question" });
    await put(edited, `${program}\nprint(x998)`);
    await page.reload();
    expect(page.url().length).toBeLessThan(200);
    expect(await edited.inputValue()).toContain("print(x998)");
    await edited.press("Control+Enter");
    await shows(0, "998");
  });

  it("should be used by keyboard alone", async () => {
    await at("overview");
    await page.keyboard.press("g");
    await page.keyboard.press("a");
    await page.getByRole("heading", { level: 1, name: "Chat" }).waitFor();
    await page.keyboard.press("/");
    await page.keyboard.type("remember");
    await expect.poll(() => page.locator(".conversation").count()).toBe(1);
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await shows(0, "remember me");
    await field().focus();
    await page.keyboard.type("one line");
    await page.keyboard.press("Shift+Enter");
    await page.keyboard.type("another");
    await page.keyboard.press("Enter");
    await turn(4).getByText("Fifth.").waitFor();
    expect(await turn(4).locator(".question-text p").textContent()).toBe("one line\nanother");
    await page.getByRole("searchbox", { name: "Search conversations" }).focus();
    await page.keyboard.press("Shift+Escape");
    expect(await field().evaluate((box) => box === document.activeElement)).toBe(true);
    await page.keyboard.press("Control+Shift+C");
    await page
      .getByText(/copied/i)
      .first()
      .waitFor();
    await page.keyboard.press("Control+Shift+O");
    await page.getByText("What shall be done?").waitFor();
  });
});
