import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { SluiceError } from "../../../core/contract/index.ts";
import {
  AppArmor,
  type AppArmorOptions,
  appArmorFault,
  hasAppArmor,
  OWN_APPARMOR,
  OWN_APPARMOR_FILE,
} from "../../../plugins/docker-sandbox/container/apparmor.ts";
import { createOptions } from "../../../plugins/docker-sandbox/container/create-options.ts";
import { type KernelLimits, verifyEnforced } from "../../../plugins/docker-sandbox/container/verify.ts";
import { appArmorFinding } from "../../../plugins/docker-sandbox/diagnose/examine-docker.ts";
import { parseAddress } from "../../../plugins/docker-sandbox/engine/address.ts";
import { Engine } from "../../../plugins/docker-sandbox/engine/engine.ts";
import { defaults } from "../../docker/sandbox-kit.ts";

let server: Server | undefined;
let folder: string | undefined;

afterEach(async () => {
  server?.closeAllConnections();
  server?.close();
  if (server?.listening) await once(server, "close");
  if (folder) await rm(folder, { recursive: true });
  folder = undefined;
});

interface Starting {
  /** What containers were asked to have, in their order. */
  readonly asked: (string | undefined)[];
  readonly said: string[];
  readonly start: () => Promise<string>;
  questions: number;
}

/** Containers of an engine that says this of its security, or answers with a status; `loaded` are its profiles. */
async function starting(
  told: readonly string[] | number,
  loaded: readonly string[],
  more: Partial<AppArmorOptions> = {},
): Promise<Starting> {
  const asked: (string | undefined)[] = [];
  const said: string[] = [];
  server = createServer((_request, response) => {
    kit.questions += 1;
    if (typeof told === "number") response.writeHead(told).end("{}");
    else response.end(JSON.stringify({ SecurityOptions: told }));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const engine = new Engine(parseAddress({ host: `tcp://127.0.0.1:${(server.address() as AddressInfo).port}` }));
  const say = (message: string) => void said.push(message);
  const log = { level: "info", trace() {}, debug() {}, info: say, warn: say, error: say } as const;
  const apparmor = new AppArmor({ engine, log, runtime: "runc", ...more });
  const launch = async (profile: string | undefined) => {
    asked.push(profile);
    if (profile === undefined || loaded.includes(profile)) return profile ?? "the engine's";
    const words = "apply apparmor profile: apparmor failed to apply profile: write /proc/self/attr/exec: no such file";
    throw appArmorFault(words, profile);
  };
  const kit: Starting = { asked, said, questions: 0, start: () => apparmor.confined(launch) };
  return kit;
}

const withAppArmor = ["name=apparmor", "name=seccomp,profile=builtin"];

describe("the AppArmor profile of a container", () => {
  it("should be our own where the engine has AppArmor and the profile is loaded", async () => {
    const kit = await starting(withAppArmor, [OWN_APPARMOR]);
    expect(await Promise.all([kit.start(), kit.start()])).toEqual([OWN_APPARMOR, OWN_APPARMOR]);
    expect(kit).toMatchObject({ said: [], questions: 1 });
  });

  it("should be the engine's own where ours is not loaded, which is said once", async () => {
    const kit = await starting(withAppArmor, []);
    expect([await kit.start(), await kit.start()]).toEqual(["the engine's", "the engine's"]);
    expect(kit.asked).toEqual([OWN_APPARMOR, undefined, undefined]);
    expect(kit.said).toEqual([expect.stringContaining("sluice-sandbox is not loaded")]);
  });

  it.each([[["name=seccomp,profile=default"]], [[]]])(
    "should be left to an engine that has no AppArmor: %j",
    async (told) => {
      const kit = await starting(told, [OWN_APPARMOR]);
      expect(await kit.start()).toBe("the engine's");
      expect(kit).toMatchObject({ said: [], asked: [undefined] });
    },
  );

  it("should be left to an engine that answers no such question, which is said", async () => {
    const kit = await starting(403, [OWN_APPARMOR]);
    expect(await kit.start()).toBe("the engine's");
    expect(kit.said).toEqual([expect.stringContaining("does not tell whether it has AppArmor")]);
  });

  it("should be the one that is named or an error, whatever the engine says", async () => {
    const kit = await starting([], ["mine"], { named: "mine" });
    expect(await kit.start()).toBe("mine");
    const missing = await starting(withAppArmor, [], { named: OWN_APPARMOR });
    await expect(missing.start()).rejects.toMatchObject({
      code: "SLUICE_SANDBOX_APPARMOR_MISSING",
      cure: expect.stringContaining(`apparmor_parser -r -W ${OWN_APPARMOR_FILE}`),
    });
    expect(missing).toMatchObject({ questions: 0, asked: [OWN_APPARMOR] });
  });

  it("should be left alone under a runtime with a kernel of its own", async () => {
    const kit = await starting(withAppArmor, [OWN_APPARMOR], { runtime: "runsc" });
    expect(await kit.start()).toBe("the engine's");
    expect(kit.questions).toBe(0);
  });

  it("should be known to the next process without a question and without a container that fails", async () => {
    folder = await mkdtemp(path.join(tmpdir(), "sluicebox-apparmor-"));
    const first = await starting(withAppArmor, [], { cache: folder });
    await first.start();
    const address = server?.address() as AddressInfo;
    server?.close();
    const said: string[] = [];
    const log = { level: "info", trace() {}, debug() {}, info: (text: string) => void said.push(text) } as never;
    const engine = new Engine(parseAddress({ host: `tcp://127.0.0.1:${address.port}` }));
    const next = new AppArmor({ engine, log, runtime: "runc", cache: folder });
    expect(await next.confined(async (profile) => profile)).toBeUndefined();
    expect(said).toEqual([expect.stringContaining("is not loaded")]);
  });

  it("should pass on what else goes wrong", async () => {
    const kit = await starting(withAppArmor, [OWN_APPARMOR]);
    await kit.start();
    const { apparmor } = {
      apparmor: new AppArmor({ engine: undefined as never, log: undefined as never, runtime: "kata" }),
    };
    await expect(apparmor.confined(() => Promise.reject(new Error("no")))).rejects.toThrow("no");
  });
});

describe("a runtime without the profile", () => {
  it.each([
    "OCI runtime create failed: runc create failed: unable to start container process: error during container init: unable to apply apparmor profile: apparmor failed to apply profile: write /proc/self/attr/apparmor/exec: no such file or directory: unknown",
    "OCI runtime create failed: container_linux.go:380: starting container process caused: apply apparmor profile: apparmor failed to apply profile: write /proc/self/attr/exec: no such file or directory: unknown",
    "crun: write file `/proc/thread-self/attr/apparmor/exec`: No such file or directory",
    'AppArmor profile "sluice-sandbox" specified but not loaded',
  ])("should be understood: %s", (message) => {
    expect(appArmorFault(message, OWN_APPARMOR)).toMatchObject({ code: "SLUICE_SANDBOX_APPARMOR_MISSING" });
    expect(appArmorFault(message, undefined)).toBeUndefined();
  });

  it("should not be taken for any other failure", () => {
    for (const message of ["exec: python3: no such file or directory", "apparmor: permission denied"])
      expect(appArmorFault(message, OWN_APPARMOR)).toBeUndefined();
  });
});

describe("what the kernel says of the profile", () => {
  const given = { config: defaults, user: { uid: 40_001, gid: 40_001 }, image: "i", labels: {} };
  const limits = (confined: string | null): KernelLimits => ({
    memory: defaults.memory,
    pids: 100,
    cpus: 2,
    capabilities: "00000000000000e0",
    noNewPrivileges: "1",
    seccomp: "2",
    confined,
  });

  it("should be that it is enforced, where one was asked for", () => {
    const asked = createOptions({ ...given, apparmor: OWN_APPARMOR });
    expect(() => verifyEnforced(asked, limits("sluice-sandbox (enforce)"))).not.toThrow();
    for (const label of [null, "unconfined", "sluice-sandbox (complain)", "docker-default (enforce)"])
      expect(() => verifyEnforced(asked, limits(label))).toThrow(
        expect.objectContaining({ code: "SLUICE_SANDBOX_NOT_APPLIED", message: expect.stringContaining("apparmor") }),
      );
  });

  it("should not matter where none was asked for", () => {
    for (const label of [null, "docker-default (enforce)", "system_u:system_r:container_t:s0:c1,c2"])
      expect(() => verifyEnforced(createOptions(given), limits(label))).not.toThrow();
  });
});

describe("the doctor, of AppArmor", () => {
  it.each([
    ["docker-default (enforce)\nsluice-sandbox (enforce)\n", "ok", "is loaded"],
    ["docker-default (enforce)\n", "warn", "is not loaded"],
    ["sluice-sandbox (complain)\n", "warn", "is loaded to complain"],
    [undefined, "ok", "is used where it is loaded"],
  ])("should tell of %j that it is %s: it %s", (profiles, status, detail) => {
    const finding = appArmorFinding(profiles);
    expect(finding).toMatchObject({ status, detail: expect.stringContaining(detail) });
    if (status === "warn") expect(finding.cure).toContain(OWN_APPARMOR_FILE);
  });

  it("should know an engine with AppArmor by its own word", () => {
    expect(hasAppArmor({ SecurityOptions: withAppArmor })).toBe(true);
    expect(hasAppArmor({ SecurityOptions: ["apparmor"] })).toBe(true);
    expect(hasAppArmor({ SecurityOptions: ["name=noapparmor"] })).toBe(false);
    expect(hasAppArmor({ SecurityOptions: null })).toBe(false);
    expect(new SluiceError("SLUICE_SANDBOX_APPARMOR_MISSING", "").exitCode).toBe(69);
  });
});
