import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Monitor } from "./monitor-kit.ts";

let monitor: Monitor;

beforeAll(async () => {
  monitor = await Monitor.start();
});

afterAll(async () => {
  await monitor?.[Symbol.asyncDispose]();
});

describe("adding and removing by form", () => {
  it("should add an instance and a flow, show first what that changes, and keep comments", async () => {
    const before = monitor.text;
    const page = await monitor.open("configuration");
    const add = async (kind: string, name: string, what: string, value: string) => {
      await page.getByRole("button", { name: `Add ${kind}…` }).click();
      await page.getByRole("dialog").getByLabel("Name").fill(name);
      await page.getByRole("dialog").getByLabel(what).fill(value);
      await page.getByRole("dialog").getByRole("button", { name: "Add", exact: true }).click();
    };
    await add("an instance", "second", "Plugin", "llm-scripted");
    await page.getByLabel("model", { exact: true }).fill("second-1");
    await page.getByLabel("model", { exact: true }).press("Enter");
    await add("a flow", "pair", "Instances, as in the profile", '{ "fallback": ["second", "quick"] }');
    const bar = page.getByRole("region", { name: "Changes" });
    await bar.getByText("is added").first().waitFor();
    expect(monitor.text).toBe(before);
    await page.getByRole("button", { name: "Difference" }).click();
    await page.getByRole("dialog").getByText("second-1").first().waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: "Remove second from the text" }).click();
    await bar.getByText(/^\d+ problems?$/).waitFor();
    await page.getByRole("button", { name: "Discard" }).click();
    await bar.getByText("Nothing changed").waitFor();
    expect(monitor.text).toBe(before);
    await add("a flow", "again", "Instances, as in the profile", "quick");
    await page.getByRole("button", { name: "Apply…" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Apply", exact: true }).click();
    await page.getByText("Applied and written.").first().waitFor();
    expect(monitor.text).toContain("again: quick");
    expect(monitor.text).toContain("# The careful one.");
    await page.getByRole("button", { name: "Undo" }).click();
    await page.getByText("Taken back.").first().waitFor();
    expect(monitor.text).toBe(before);
  });

  it("should add an instance of a plugin that no instance is of, and remove a flow", async () => {
    const before = monitor.text;
    const page = await monitor.open("configuration");
    await page.getByRole("button", { name: "Add an instance…" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Name").fill("loud");
    await expect.poll(() => dialog.locator("datalist option[value=log-console]").count()).toBe(1);
    await dialog.getByLabel("Plugin").fill("log-console");
    await dialog.getByRole("button", { name: "Add", exact: true }).click();
    // Its form comes from its manifest alone: none of it runs yet.
    await page.getByLabel("level", { exact: true }).selectOption("warn");
    await page.getByRole("button", { name: "Remove a flow…" }).click();
    await dialog.getByLabel("Flow").selectOption("both");
    await dialog.getByRole("button", { name: "Remove", exact: true }).click();
    const bar = page.getByRole("region", { name: "Changes" });
    await bar.getByText("is added").first().waitFor();
    expect(monitor.text).toBe(before);
    await page.getByRole("button", { name: "Apply…" }).click();
    await dialog.getByRole("button", { name: "Apply", exact: true }).click();
    await page.getByText("Applied and written.").first().waitFor();
    expect(monitor.text).toMatch(/loud:\s*(\{ )?use: log-console/);
    expect(monitor.text).not.toContain("both:");
    expect(monitor.host.flows.map(({ name }) => name)).not.toContain("both");
    await page.close();
  });

  it("should offer to apply a change once it is judged, and not a frame before", async () => {
    const page = await monitor.open("configuration?instance=quick");
    await page.getByLabel("model", { exact: true }).fill("quick-judged");
    await page.getByRole("button", { name: "Apply…" }).click();
    const apply = page.getByRole("dialog").getByRole("button", { name: "Apply", exact: true });
    const turns = apply.evaluate(
      (button) =>
        new Promise<string[]>((resolve) => {
          const seen: string[] = [];
          const judged = () => document.querySelector("dialog .changes") !== null;
          const look = () => {
            seen.push((button as HTMLButtonElement).disabled ? "pale" : "offered");
            if (judged()) resolve(seen);
          };
          new MutationObserver(look).observe(document.body, { subtree: true, childList: true, attributes: true });
          look();
        }),
    );
    const seen = await turns;
    expect(seen.at(-1)).toBe("offered");
    expect(seen.slice(0, seen.indexOf("offered"))).not.toEqual([]);
    expect(seen.slice(seen.indexOf("offered"))).not.toContain("pale");
    await page.getByRole("button", { name: "Not yet" }).click();
    await page.getByRole("button", { name: "Discard" }).click();
  });

  it("should offer neither to who may not change the profile", async () => {
    const page = await monitor.open("configuration", { role: "operate" });
    await page.getByLabel("Instance").waitFor();
    expect(await page.getByRole("button", { name: /^Add an? |^Remove / }).count()).toBe(0);
  });
});
