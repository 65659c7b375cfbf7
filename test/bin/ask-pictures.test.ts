import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { afterEach, expect, it } from "vitest";
import { png } from "../core/kit/upstream/pictures.ts";
import { seen, speak, Upstream } from "../core/kit/upstream/upstream.ts";

const command = resolve(import.meta.dirname, "../../bin/dev.js");
const folders: string[] = [];

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

const told = "What is wrong here?\n\nFiles in the working directory: chart.png";

it.each([
  [true, seen(png.toString("base64"), told), ""],
  [false, { role: "user", content: told }, "SLUICE_MODEL_VISION"],
])("sluice ask --put should show a picture where the model can see: %s", async (vision, message, complaint) => {
  await using upstream = await Upstream.start(speak("The axis is missing."));
  const folder = mkdtempSync(join(tmpdir(), "sluice-ask-"));
  folders.push(folder);
  const eye = { use: "llm-openai-compatible", with: { model: "m", baseURL: `${upstream.url}/v1`, vision } };
  writeFileSync(join(folder, "sluice.yaml"), JSON.stringify({ version: 1, plugins: { eye }, flows: { chat: "eye" } }));
  writeFileSync(join(folder, "chart.png"), png);
  const env = { ...process.env, SLUICE_HOME: join(folder, "home") };
  const asked = [command, "ask", "--put", "chart.png", "What is wrong here?"];
  const { stdout, stderr } = await promisify(execFile)(process.execPath, asked, { cwd: folder, env });
  expect(stdout).toBe("The axis is missing.\n");
  expect(stderr).toContain(complaint);
  expect(stderr === "").toBe(complaint === "");
  expect(upstream.bodies[0]?.["messages"]).toEqual([message]);
});
