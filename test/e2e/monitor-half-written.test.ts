import type { Dialog, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Monitor } from "./monitor-kit.ts";

const more = `  first: { use: llm-scripted, with: { script: [First., Second.], repeat: true } }
  asker: { use: llm-scripted, with: { script: [{ text: I ask., code: "print('I am', input('Name? '))" }, Done.], repeat: true } }
`;
const flows = `  counted: first
  pair: { all: [{ loop: [asker, box], until: done, max: 2 }, { loop: [asker, box], until: done, max: 2 }] }
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

const at = async (path: string) => {
  await page.goto(`${monitor.address}/monitor/${path}`);
  await page.getByText("live", { exact: true }).first().waitFor();
};
const composer = () => page.locator(".composer textarea");

async function ask(flow: string, text: string): Promise<void> {
  await at(`chat?flow=${flow}`);
  await composer().fill(text);
  await composer().press("Control+Enter");
  await page.waitForURL(/\/chat\/chat-/);
}

/** As a person pastes: the field is told first, and takes what is pasted if it is not stopped. */
async function paste(text: string): Promise<void> {
  await page.evaluate((pasted) => {
    const clipboardData = new DataTransfer();
    clipboardData.setData("text/plain", pasted);
    const event = new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true });
    if (document.activeElement?.dispatchEvent(event)) document.execCommand("insertText", false, pasted);
  }, text);
}

describe("what is half written", () => {
  it("should not come back once it was sent", async () => {
    await ask("counted", "sent once");
    await page.locator(".chat-turn").getByText("First.").waitFor();
    await at("chat?flow=counted");
    expect(await composer().inputValue()).toBe("");
    await page.goBack();
    await page.getByText("sent once").first().waitFor();
    expect(await composer().inputValue()).toBe("");
  });

  it("should be there after a reload, and after a look at another screen, until it is sent", async () => {
    await ask("run", "print([input('One? '), input('Two? ')])");
    await page.getByLabel("One?").fill("  half ");
    await page.reload();
    await page.getByLabel("One?").waitFor();
    expect(await page.getByLabel("One?").inputValue()).toBe("  half ");
    await page.getByRole("link", { name: /^Runs/ }).first().click();
    await page.waitForURL(/\/runs/);
    await page.goBack();
    await page.getByLabel("One?").press("Enter");
    await page.getByLabel("Two?").waitFor();
    expect(await page.getByLabel("Two?").inputValue()).toBe("");
    await page.getByLabel("Two?").press("Enter");
    await page.getByText("['  half ', '']").waitFor();
  });

  it("should keep the files that were chosen while another screen is looked at, and ask before they are lost", async () => {
    await at("chat?flow=run");
    const file = { name: "data (1).txt", mimeType: "text/plain", buffer: Buffer.from("kept") };
    await page.locator("input[type=file]").first().setInputFiles(file);
    await page.getByRole("link", { name: /^Runs/ }).first().click();
    await page.waitForURL(/\/runs/);
    await page.goBack();
    await page.getByRole("button", { name: "Leave out data (1).txt" }).waitFor();
    await composer().fill("print(open('data (1).txt').read())");
    const asked: string[] = [];
    const onDialog = (dialog: Dialog) => {
      asked.push(dialog.type());
      void dialog.dismiss();
    };
    page.once("dialog", onDialog);
    await page.evaluate(() => location.reload());
    await expect.poll(() => asked).toEqual(["beforeunload"]);
    await composer().press("Control+Enter");
    await page.locator(".terminal").getByText("kept").waitFor();
    await page.reload();
    await page.locator(".terminal").getByText("kept").waitFor();
    await expect.poll(() => page.locator(".file-chip").count()).toBe(0);
  });

  it("should answer one question with each line that is pasted, and no secret one", async () => {
    const code = "import getpass\nprint([input('A? '), input('B? '), input('C? ')], len(getpass.getpass('Word? ')))";
    await ask("run", code);
    await page.getByLabel("A?").waitFor();
    await page.getByLabel("A?").focus();
    await paste("x 1\r\n  y2\nz3\n\n");
    expect(await page.getByLabel("A?").inputValue()).toBe("x 1\n  y2\nz3\n\n");
    await page.getByLabel("A?").press("Enter");
    const word = page.getByLabel("Word?");
    await word.waitFor();
    expect(await word.inputValue()).toBe("");
    await word.fill("four");
    await word.press("Enter");
    await page.getByText("['x 1', '  y2', 'z3'] 4").waitFor();
  });

  it("should stay with its question while another branch asks", async () => {
    await ask("pair", "Go.");
    const fields = page.getByLabel("Name?");
    await expect.poll(() => fields.count(), { timeout: 60_000 }).toBe(2);
    await fields.first().fill("Ann");
    await fields.last().fill("Bob");
    await fields.first().press("Enter");
    await page.getByText("I am Ann").waitFor();
    await expect.poll(() => fields.count()).toBe(1);
    expect(await fields.inputValue()).toBe("Bob");
    await fields.press("Enter");
    await page.getByText("I am Bob").waitFor();
  });
});
