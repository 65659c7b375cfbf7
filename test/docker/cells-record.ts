// Has Jupyter's kernel, Node's own console and one bash run the cells of the corpus, and keeps what they say.
// Usage: node test/docker/cells-record.ts [PATTERN]; with a pattern, of the cases whose id has it, and the others stay.
import { execFileSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { recipeOf } from "../../plugins/docker-sandbox/image-build/recipe.ts";
import { type CellCase, type CellOutcome, comparable, corpus, idOf, readCases, readExpected } from "./cells-kit.ts";
import { defaults } from "./sandbox-kit.ts";

const KERNEL = [
  ...["ipykernel==6.29.5", "jupyter-client==8.6.3", "jupyter-core==5.7.2", "pyzmq==26.2.1", "tornado==6.4.2"],
  ...["comm==0.2.2", "nest-asyncio==1.6.0", "psutil==6.1.1", "debugpy==1.8.12"],
];
const COMMANDS = {
  python: ["python3", "-X", "frozen_modules=off", "/cells/jupyter.py"],
  javascript: ["node", "/cells/console.cjs"],
  bash: ["python3", "/cells/bash.py"],
} as const;

function record(language: CellCase["language"], cases: readonly CellCase[], needs: string): readonly string[] {
  const folders = ["--tmpfs=/workspace:exec,uid=1000,gid=1000", "--tmpfs=/tmp:exec", `--volume=${needs}:/needs:ro`];
  const options = ["--rm", "-i", "--network=none", "--user=1000:1000", "--read-only", "--workdir=/workspace"];
  const set = ["--env=HOME=/workspace", "--env=PYTHONPATH=/needs", "--env=NO_COLOR=1", `--volume=${corpus}:/cells:ro`];
  const image = recipeOf(defaults).tag;
  const told = execFileSync("docker", ["run", ...options, ...folders, ...set, image, ...COMMANDS[language]], {
    input: JSON.stringify(cases.map(({ cells }) => cells)),
    maxBuffer: 256 << 20,
    stdio: ["pipe", "pipe", "inherit"],
  });
  const outcomes: readonly (readonly CellOutcome[])[] = JSON.parse(told.toString());
  return cases.map((given, at) => JSON.stringify({ id: idOf(given), cells: outcomes[at]?.map(comparable) }));
}

const needs = mkdtempSync(path.join(tmpdir(), "cells-"));
chmodSync(needs, 0o755);
try {
  const options = ["--no-deps", "--python-version=3.13", "--only-binary=:all:", "--target", needs];
  execFileSync("python3", ["-m", "pip", "-q", "install", ...options, ...KERNEL], { stdio: "ignore" });
  const [pattern] = process.argv.slice(2);
  const cases = readCases();
  const asked = cases.filter((given) => pattern === undefined || new RegExp(pattern).test(idOf(given)));
  const lines = (["javascript", "bash", "python"] as const).flatMap((language) => {
    const own = asked.filter((given) => given.language === language);
    return own.length > 0 ? record(language, own, needs) : [];
  });
  if (pattern !== undefined) {
    const kept = [...readExpected()].filter(([id]) => cases.some((given) => idOf(given) === id));
    const others = kept.filter(([id]) => !asked.some((given) => idOf(given) === id));
    lines.push(...others.map(([id, cells]) => JSON.stringify({ id, cells })));
  }
  writeFileSync(path.join(corpus, "expected.ndjson"), `${lines.join("\n")}\n`);
} finally {
  rmSync(needs, { recursive: true, force: true });
}
