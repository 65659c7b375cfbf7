import { execFileSync } from "node:child_process";
import { expect, it } from "vitest";

/** Each command that runs code loads this plugin. */
it("should load nothing of Node that only other ways to an engine need", () => {
  const plugin = new URL("../../../plugins/docker-sandbox/index.ts", import.meta.url).href;
  const script = `await import(${JSON.stringify(plugin)}); console.log(JSON.stringify(process.moduleLoadList))`;
  const loaded: string[] = JSON.parse(
    execFileSync(process.execPath, ["--input-type=module", "-e", script], { encoding: "utf8" }),
  );
  expect(loaded).toContain("NativeModule http");
  for (const name of ["internal/deps/undici/undici", "http2", "https", "tls"]) {
    expect(loaded).not.toContain(`NativeModule ${name}`);
  }
});
