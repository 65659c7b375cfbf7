/**
 * `npm run dev [PROFILE]`: the host from its sources, started again when one of them changes, and the page beside it,
 * which takes each change at once.
 */
import { spawn } from "node:child_process";
import { createServer } from "vite";

const host = "http://127.0.0.1:8000";
const [profile = "default"] = process.argv.slice(2);

const page = await createServer({ configFile: "plugins/web-monitor/page/vite.config.ts" });
await page.listen();
const [address = ""] = page.resolvedUrls?.local ?? [];

const child = spawn(
  process.execPath,
  ["--watch", "--watch-preserve-output", "bin/dev.js", "up", "-p", profile, "--listen", new URL(host).host],
  { stdio: ["inherit", "inherit", "pipe"], env: { SLUICE_HOME: "var/dev", ...process.env } },
);
child.stderr.setEncoding("utf8");
// The link to the page works at either address; only this one reloads it.
child.stderr.on("data", (text: string) => {
  process.stderr.write(text.replaceAll(`${host}/monitor`, address.replace(/\/$/, "")));
});
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => child.kill(signal));
child.once("exit", async (code) => {
  await page.close();
  process.exitCode = code ?? 0;
});
