import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import type { Monitor } from "./monitor-kit.ts";

export interface Shown {
  readonly said?: string;
  readonly values?: readonly Readonly<Record<string, unknown>>[];
  readonly stdout?: string;
  readonly stderr?: string;
}

const csi = "\u001b[";
const sixteen = Array.from({ length: 8 }, (_, colour) =>
  [30, 90, 40, 100].map((base) => `${csi}${base + colour}mcolour ${base + colour}${csi}0m`).join(" "),
);
const table = `<table border="1" class="dataframe"><thead><tr><th></th><th>city</th><th>people</th></tr></thead><tbody>
<tr><th>0</th><td>東京</td><td>14,000,000</td></tr><tr><th>1</th><td>ירושלים</td><td>980,000</td></tr></tbody></table>`;
const dot = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
const points = {
  values: [
    { a: "x", b: 28 },
    { a: "y", b: 55 },
  ],
};

/** One of each thing that programs print and show. */
export const shownExamples: Shown = {
  said: "# Found\n\nSome **bold**, `code`, [a link](https://example.org) and $x^2$.\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n```python\n# a comment\nclass A:\n    value = 'text' + str(42)\n```\n",
  stdout: `${sixteen.join("\n")}\n${csi}1;4;7mall at once${csi}0m ${csi}2mdim${csi}0m ${csi}38;5;208m256${csi}0m ${csi}38;2;90;90;200mtrue${csi}0m\n`,
  stderr: 'Traceback (most recent call last):\n  File "main.py", line 1\nValueError: no\n',
  values: [
    { "text/html": table, "text/plain": "a table" },
    { "text/html": "<h3>HTML</h3><p style='color:#777'>of a program</p>" },
    { "text/latex": "$\\int_0^1 x\\,dx$" },
    { "text/markdown": "- one\n- two" },
    { "application/json": { a: [1, "two", null, true] } },
    { "image/png": dot, "text/plain": "one dot" },
    {
      "image/svg+xml":
        "<svg xmlns='http://www.w3.org/2000/svg' width='60' height='20'><rect width='60' height='20'/></svg>",
    },
    {
      "application/vnd.vegalite.v5+json": {
        ...{ data: points, mark: "bar" },
        encoding: { x: { field: "a", type: "nominal" }, y: { field: "b", type: "quantitative" } },
      },
    },
    { "application/vnd.plotly.v1+json": { data: [{ type: "bar", x: ["a", "b"], y: [1, 2] }], layout: {} } },
  ],
};

/** Opens a run in which a model said this, and a program showed that. */
export async function openShown(monitor: Monitor, page: Page, shown: Shown): Promise<void> {
  const { said = "Hello.", values = [], stdout, stderr } = shown;
  const time = new Date(0).toISOString();
  const drafts = [
    { source: "host", type: "run-start", data: { flow: "chat", session: "s", input: { text: "go" }, profile: "p" } },
    { source: "gpt", type: "model-start", data: { model: "gpt" } },
    { source: "gpt", type: "text-delta", data: { text: said } },
    {
      source: "gpt",
      type: "model-end",
      data: { usage: { inputTokens: 1, outputTokens: 1 }, finishReason: "stop", stopReason: "stop" },
    },
    { source: "box", type: "exec-start", data: { language: "python", code: "show()", n: 1 } },
    ...(stdout === undefined ? [] : [{ source: "box", type: "exec-stdout", data: { text: stdout, offset: 0 } }]),
    ...(stderr === undefined ? [] : [{ source: "box", type: "exec-stderr", data: { text: stderr, offset: 0 } }]),
    ...values.map((data) => ({ source: "box", type: "exec-result", data: { data } })),
    { source: "box", type: "exec-end", data: { status: "exited", exitCode: 0, wallMs: 1, peakBytes: 1 } },
    {
      source: "host",
      type: "run-end",
      data: { status: "ok", usage: { inputTokens: 1, outputTokens: 1 }, cost: { amount: 0, currency: "USD" } },
    },
  ];
  const events = drafts.map((draft, index) => ({ ...draft, v: 1, run: "r_1", seq: index + 1, time }));
  const run = { run: "r_1", flow: "chat", session: "s", input: "go", status: "ok", started: time, lastSeq: 8 };
  const file = join(monitor.folder, "shown.json");
  writeFileSync(file, JSON.stringify({ format: "sluicebox-run", version: 1, exported: time, run, events }));
  await page.goto(`${monitor.address}/monitor/runs`);
  await page.locator("input[type=file]").first().setInputFiles(file);
  await page.getByText("From a file, exported").waitFor();
}
