import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { OWN_APPARMOR_FILE } from "../../plugins/docker-sandbox/container/apparmor.ts";
import { startSandbox } from "./sandbox-kit.ts";

describe("AppArmor", () => {
  it("should have a profile of ours that its parser reads, without a warning", async () => {
    // Neither the kernel nor its folders are needed: the policy is made and thrown away.
    const { stdout, stderr } = await promisify(execFile)(
      "apparmor_parser",
      ["--skip-kernel-load", "--skip-cache", "--warn=all", "--debug", OWN_APPARMOR_FILE],
      { env: { PATH: `${process.env["PATH"]}:/usr/sbin:/sbin` } },
    );
    expect(`${stdout}${stderr}`).toContain("Name:\t\tsluice-sandbox");
    expect(`${stdout}${stderr}`).toContain("Capabilities: kill setgid setuid\n");
    expect(stderr.replace(/^Cache read\/write disabled: .*$/gm, "").trim()).not.toMatch(/warning|error/i);
  });

  it("should be missed where a profile is named and the engine takes the name for nothing", async () => {
    await using kit = await startSandbox({ apparmor: "sluice-sandbox" });
    await expect(kit.open()).rejects.toMatchObject({
      code: expect.stringMatching(/^SLUICE_SANDBOX_(NOT_APPLIED|APPARMOR_MISSING)$/),
      message: expect.stringMatching(/apparmor/i),
    });
  });
});
