import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { onTestFinished, test } from "vitest";
import { alone, quantile, tell } from "./bench-kit.ts";

/** What NATS costs whoever does not use it: the same profile, with its plugins there and with their folders gone. */

const root = new URL("../../", import.meta.url).pathname;
const config = { version: 1, plugins: { words: { use: "llm-scripted", with: {} } }, flows: { chat: "words" } };

/** Milliseconds until a host of those sources has answered a run, and its memory then. */
function started(sources: string): { took: number; resident: number } {
  const home = mkdtempSync(join(tmpdir(), "sluice-bench-"));
  const code = `
    const began = performance.now();
    const { createHost } = await import(${JSON.stringify(join(sources, "core/index.ts"))});
    const host = await createHost({ config: ${JSON.stringify(config)}, transports: true, terminal: false });
    await host.runs.open({ input: { text: "go" } }).done;
    const took = performance.now() - began;
    globalThis.gc();
    process.stdout.write(JSON.stringify({ took, resident: process.memoryUsage().rss / 2 ** 20 }), () => process.exit(0));
  `;
  const env = { ...process.env, SLUICE_HOME: home };
  const child = spawnSync(process.execPath, ["--expose-gc", "--input-type=module", "-e", code], {
    ...{ env, cwd: sources, encoding: "utf8", timeout: 60_000 },
  });
  rmSync(home, { recursive: true, force: true });
  if (child.status !== 0) throw new Error(child.stderr);
  return JSON.parse(child.stdout);
}

const filesIn = (folder: string) =>
  readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((path) => join(folder, path))
    .filter((path) => statSync(path).isFile());

test("a host that uses no NATS", { timeout: 600_000 }, () => {
  const bare = mkdtempSync(join(tmpdir(), "sluice-bench-"));
  onTestFinished(() => rmSync(bare, { recursive: true, force: true }));
  for (const path of ["core", "plugins", "profiles", "schema", "package.json"]) {
    cpSync(join(root, path), join(bare, path), { recursive: true });
  }
  for (const plugin of ["store-nats", "queue-nats"]) rmSync(join(bare, "plugins", plugin), { recursive: true });
  symlinkSync(join(root, "node_modules"), join(bare, "node_modules"));
  started(bare);
  started(root);
  const rounds = Array.from({ length: 11 }, () => ({ without: started(bare), beside: started(root) }));
  for (const [name, unit] of [
    ["took", "ms"],
    ["resident", "MiB"],
  ] as const) {
    const median = (side: "without" | "beside") =>
      quantile(
        rounds.map((round) => round[side][name]),
        0.5,
      );
    tell(
      name === "took" ? "until a host has answered" : "its memory",
      unit,
      median("without"),
      median("beside"),
      "1.0 x",
    );
  }
  const built = join(root, "dist/plugins");
  if (!existsSync(built)) throw new Error("the package is not built: run `npm run build` for its sizes");
  for (const plugin of ["store-nats", "queue-nats"]) {
    const files = filesIn(join(built, plugin)).filter((path) => path.endsWith(".js"));
    const packed = files.reduce((sum, path) => sum + gzipSync(readFileSync(path)).length, 0);
    alone(`${plugin} in the package, packed`, "KiB", packed / 1024, "-");
  }
  const all = filesIn(join(root, "dist")).reduce((sum, path) => sum + gzipSync(readFileSync(path)).length, 0);
  alone("the package, its files packed", "KiB", all / 1024, "-");
});
