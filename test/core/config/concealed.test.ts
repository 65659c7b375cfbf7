import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadPlan, renderGithub, renderJson, renderText } from "../../../core/command-line.ts";
import { ConfigError } from "../../../core/index.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "sluice-concealed-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Where a value can be wrong in a way that a message would like to quote. */
const places: readonly ((text: string) => string)[] = [
  (text) => `version: ${text}`,
  (text) => `version: 1\nplugins: { x: { use: ${text} } }`,
  (text) => `version: 1\nplugins: { x: { use: "./${text.slice(1)} } }`,
  (text) =>
    `version: 1\nplugins: { x: { use: llm-scripted, with: { delay: ${text}, chunk: ${text}, script: ${text} } } }`,
  (text) => `version: 1\nplugins: { x: { use: log-console, with: { level: ${text} }, onStartError: ${text} } }`,
  (text) =>
    `version: 1\nplugins: { x: { use: docker-sandbox, with: { cpus: ${text}, network: ${text}, memory: ${text}, binds: [${text}] } } }`,
  (text) => `version: 1\nplugins: { x: { use: open-interpreter, with: { engine: ${text}, model: m } } }`,
  (text) =>
    `version: 1\nplugins: { x: { use: websocket, with: { listen: ${text} } }, y: { use: websocket, with: { listen: ${text} } } }`,
  (text) =>
    `version: 1\nplugins: { x: { use: log-file, with: { path: ${text} } }, y: { use: log-file, with: { path: ${text} } } }`,
  (text) =>
    `version: 1\nplugins: { a: { use: llm-scripted } }\nflows: { chat: { loop: ${text}, until: ${text}, max: ${text} } }`,
  (text) => `version: 1\nbudgets: { run: { usd: ${text}, time: ${text} } }`,
];

const secretish = fc.constantFrom(
  ...[
    "value-of-a-variable",
    "/etc/planted-path",
    "0.0.0.0:54321",
    "31337000",
    "planted\nsecond line",
    "level-planted",
    "10mplanted",
  ],
);

describe("what the expressions of a profile stand for", () => {
  it("should be quoted by no message of any form, whoever's text it is", async () => {
    const file = join(folder, "sluice.yaml");
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...places),
        secretish,
        fc.constantFrom("${env:PLANTED}", "${file:value.txt}"),
        async (place, value, expression) => {
          writeFileSync(join(folder, "value.txt"), value);
          writeFileSync(file, place(JSON.stringify(expression)));
          const loaded = await loadPlan({ file, cwd: folder, env: { PLANTED: value } });
          const { problems, sources } = loaded;
          const said = [
            ...[renderText(problems, sources, { colour: false }), renderJson(problems), renderGithub(problems)],
            problems.length > 0 ? new ConfigError(loaded).message : "",
          ].join("\n");
          for (const line of value.split("\n")) expect(said).not.toContain(line);
        },
      ),
      { numRuns: 200 },
    );
  });
});
