import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { neededRole } from "../../../core/command-line.ts";
import type { Role } from "../../../core/contract/index.ts";
import { ownerOf } from "../../../core/host/authority/ownership.ts";
import type { Ownership } from "../../../core/host/authority/table.ts";
import { createHost, type Host } from "../../../core/index.ts";
import { roleAllows } from "../../../core/kit/index.ts";
import { recallLeft } from "../../../core/run/left-session.ts";
import { defaultSessionLimits, SessionRegistry } from "../../../core/run/sessions.ts";
import { FakeClock } from "../../../core/testing/index.ts";

const roles: readonly Role[] = ["read", "run", "operate", "configure"];
const standings: readonly Ownership[] = ["own", "others", "nobodys"];
const rows = roles.flatMap((role) => standings.map((standing) => [role, standing] as const));
const principalOf = (role: Role) => ({ realm: "wire", name: role, role });
const ownersOf = (role: Role): Readonly<Record<Ownership, string | undefined>> => ({
  own: ownerOf({ ...principalOf(role), client: "another-of-mine" }),
  others: ownerOf({ realm: "wire", name: "somebody", role }),
  nobodys: undefined,
});

const profile = (mark: string) => `version: 1
plugins:
  box: { use: ./box }
  actor: { use: llm-scripted, with: { script: [Hello.], repeat: true } }
flows: { run: box, chat: actor }
tests:
  planted: { input: "${mark}", expect: { snapshot: true } }
`;

let folder: string;
let host: Host;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "sluice-beside-"));
  const file = join(folder, "sluice.yaml");
  const box = join(import.meta.dirname, "../../fixtures/mcp/fake-box");
  writeFileSync(file, profile("x").replace("./box", box));
  host = await createHost({ profile: file, cwd: folder, env: { SLUICE_HOME: join(folder, "home") } });
});
afterAll(async () => {
  await host.close({ drain: 0 });
  rmSync(folder, { recursive: true, force: true });
});

async function refusal(asked: () => unknown): Promise<string | undefined> {
  try {
    await asked();
    return undefined;
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  }
}

describe("a session that another host has left", () => {
  it.each(rows)("should be gone on with as the page says, by %s, where it is %s", async (role, standing) => {
    const own = new SessionRegistry(() => undefined as never, new FakeClock(), defaultSessionLimits);
    const owner = ownersOf(role)[standing];
    const left = { spoken: null, files: [], ...(owner === undefined ? {} : { owner }) };
    const code = await refusal(() => recallLeft(own, "s", left, ownerOf(principalOf(role))));
    expect(code).toBe(standing === "own" ? undefined : "SLUICE_WIRE_FORBIDDEN");
    expect(own.has("s")).toBe(standing === "own");
  });
});

describe("variables that a session is given", () => {
  it.each(rows)("should be taken of %s where the session is %s as the table says", async (role, standing) => {
    const session = `session-${role}-${standing}`;
    const owner = ownersOf(role)[standing];
    await host.runs.open({
      flow: "run",
      session,
      input: { code: "print x" },
      ...(owner === undefined ? {} : { owner }),
    }).done;
    const input = { code: "print x", env: { NAME: "planted" } };
    const code = await refusal(
      () => host.forTransport("wire").as(principalOf(role)).runs.open({ flow: "run", session, input }).run,
    );
    const isAllowed =
      roleAllows(role, neededRole("sessions.use", standing)) && roleAllows(role, neededRole("runs.env"));
    expect(code).toBe(isAllowed ? undefined : "SLUICE_WIRE_FORBIDDEN");
    await host.sessions.close(session);
  });
});

describe("the tests of a profile", () => {
  it.each(roles)("should be run for nobody who sends or reads a profile, such as %s", async (role) => {
    const { operation } = host.forTransport("wire").as(principalOf(role));
    const before = (await host.runs.list({ limit: 500 })).length;
    const text = readFileSync(join(folder, "sluice.yaml"), "utf8").replace('input: "x"', 'input: "planted"');
    await refusal(() => operation.profile.read());
    await refusal(() => operation.profile.check(text));
    await refusal(() => operation.profile.apply(text, "none", "test"));
    await refusal(() => operation.profile.preview());
    expect(await host.runs.list({ limit: 500 })).toHaveLength(before);
    expect(readdirSync(folder).sort()).toEqual(["home", "sluice.yaml"]);
  });
});
