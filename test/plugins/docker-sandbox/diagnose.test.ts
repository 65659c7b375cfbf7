import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { type EngineOptions, examineDocker } from "../../../plugins/docker-sandbox/diagnose/examine-docker.ts";

let engine: Server | undefined;

afterEach(async () => {
  engine?.closeAllConnections();
  engine?.close();
  if (engine?.listening) await once(engine, "close");
});

/** What is found of an engine that tells this of itself. */
async function examine(info: object, wanted: EngineOptions = {}) {
  engine = createServer((_request, response) => response.end(JSON.stringify({ ServerVersion: "29.1", ...info })));
  engine.listen(0, "127.0.0.1");
  await once(engine, "listening");
  const host = `tcp://127.0.0.1:${(engine.address() as AddressInfo).port}`;
  return examineDocker({ ...wanted, docker: { host } });
}

describe("the doctor, of an engine", () => {
  it("should name the limits that it cannot hold", async () => {
    const findings = await examine({ MemoryLimit: false, PidsLimit: false });
    expect(findings).toContainEqual(
      expect.objectContaining({ name: "cgroups", status: "fail", detail: expect.stringContaining("memory and pids") }),
    );
  });

  it("should warn of an engine without seccomp", async () => {
    const findings = await examine({ SecurityOptions: ["name=apparmor"] });
    expect(findings).toContainEqual(expect.objectContaining({ name: "seccomp", status: "warn" }));
  });

  it("should fail on a runtime that is not registered, and say which are", async () => {
    const findings = await examine({ Runtimes: { runc: { path: "runc" }, runsc: {} } }, { runtime: "kata" });
    const message = "kata is not registered; there is runc, runsc";
    expect(findings).toContainEqual(expect.objectContaining({ name: "runtime", status: "fail", detail: message }));
  });

  it.each([["--ignore-cgroups"], ["-ignore-cgroups=true"]])(
    "should warn of a runtime without limits: %s",
    async (option) => {
      const runsc = { path: "/usr/bin/runsc", runtimeArgs: ["--network=none", option] };
      const findings = await examine({ Runtimes: { runc: {}, runsc } }, { runtime: "runsc" });
      expect(findings).toContainEqual(
        expect.objectContaining({
          name: "runtime",
          status: "warn",
          detail: expect.stringMatching(/runsc .*nothing bounds memory, processor and processes/),
        }),
      );
    },
  );

  it("should find nothing wrong with a runtime that others than the wanted one have without limits", async () => {
    const runsc = { runtimeArgs: ["--ignore-cgroups"] };
    const findings = await examine({ Runtimes: { runc: {}, runsc } });
    expect(findings).toContainEqual(expect.objectContaining({ name: "runtime", status: "ok", detail: "runc, runsc" }));
  });

  it.each([
    ["unix:///nowhere/docker.sock", "there is no such socket", "Start Docker"],
    ["tcp://127.0.0.1:1", "nobody answers", "Start Docker"],
    ["ftp://somewhere", "ftp://somewhere is no address", "Write unix:///path"],
  ])("should say why %s is of no use, and what to do", async (host, why, cure) => {
    const [found, ...more] = await examineDocker({ docker: { host } });
    expect(more).toEqual([]);
    expect(found).toMatchObject({ name: "docker", status: "fail", detail: expect.stringContaining(why) });
    expect(found?.cure).toContain(cure);
  });
});
