import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createHost, type Host } from "../../core/index.ts";
import { goodClients } from "./transport-good.ts";
import { exchange } from "./transport-raw.ts";
import { requestOf } from "./transport-requests.ts";

/** In variables, in a file outside of the profile's folder, and in the profile itself. */
const planted = {
  variable: "planted-variable-0123456789",
  file: "planted-file-0123456789",
  literal: "planted-literal-0123456789",
};

let folder: string;
let host: Host;
let port: number;
const cookies = new Map<string, { readonly cookie: string; readonly csrf: string }>();

const profile = () => `version: 1
plugins:
  actor: { use: llm-scripted, with: { script: [Hello.], repeat: true } }
  cloud: { use: llm-openai, with: { model: gpt-5.2, apiKey: ${planted.literal}, baseURL: "http://127.0.0.1:1/v1" } }
  house: { use: llm-openai, with: { model: m, apiKey: "\${env:PLANTED}" } }
  page: { use: web-monitor, with: { listen: "127.0.0.1:0" } }
  file: { use: log-file, with: { path: ../allowed.ndjson } }
flows: { chat: actor }
`;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "sluice-attack-"));
  mkdirSync(join(folder, "profile/imported"), { recursive: true });
  writeFileSync(join(folder, "outside.txt"), `${planted.file}\n`);
  writeFileSync(join(folder, "outside.yaml"), `version: 1\nname: ${planted.file}\n`);
  symlinkSync(join(folder, "outside.txt"), join(folder, "profile/inside.txt"));
  const imported = join(folder, "profile/imported");
  writeFileSync(
    join(imported, "plugin.json"),
    JSON.stringify({
      ...{ name: "imported", kind: "stage", api: 1, description: "Says that it was imported.", checks: true },
      config: { type: "object", properties: {} },
    }),
  );
  writeFileSync(
    join(imported, "index.js"),
    `import { writeFileSync } from "node:fs";
writeFileSync(${JSON.stringify(join(folder, "was-imported"))}, "yes");
export default { check: () => [], create: () => ({}) };`,
  );
  const file = join(folder, "profile/sluice.yaml");
  writeFileSync(file, profile());
  const env = { SLUICE_HOME: join(folder, "home"), PLANTED: planted.variable };
  host = await createHost({ profile: file, cwd: join(folder, "profile"), env, transports: true });
  port = Number(new URL(host.addresses[0] ?? "").port);
  for (const role of ["read", "configure"]) {
    const headers = { authorization: `Bearer ${host.info.token}`, "content-type": "application/json" };
    const body = JSON.stringify({ role });
    const linked = await exchange(port, requestOf(port, { path: "/monitor/api/links", headers, body }));
    const { link } = JSON.parse(linked.body) as { link: string };
    cookies.set(role, await goodClients(port, "").signIn(link));
  }
});
afterAll(async () => {
  await host.close({ drain: 0 });
  rmSync(folder, { recursive: true, force: true });
});

async function post(role: string, path: string, body: object): Promise<string> {
  const { cookie, csrf } = cookies.get(role) ?? { cookie: "", csrf: "" };
  const headers = { cookie, "x-sluice-csrf": csrf, "content-type": "application/json" };
  const reply = await exchange(
    port,
    requestOf(port, { path: `/monitor/api/${path}`, headers, body: JSON.stringify(body) }),
  );
  return reply.body;
}

const check = (text: string, role = "read") => post(role, "profile/check", { text });
const read = () => readFileSync(join(folder, "profile/sluice.yaml"), "utf8");

/** Every place of a profile where a text can stand. */
const placesFor = (value: string): readonly string[] => {
  const text = JSON.stringify(value);
  return [
    `version: 1\nname: ${text}`,
    `version: ${text}`,
    `version: 1\nextends: ${text}`,
    `version: 1\nextends: [${text}]`,
    `version: 1\n${text}: 1`,
    `version: 1\nplugins: { x: { use: ${text} } }`,
    `version: 1\nplugins: { ${text}: { use: llm-scripted } }`,
    `version: 1\nplugins: { x: { use: llm-scripted, with: { delay: ${text} } } }`,
    `version: 1\nplugins: { x: { use: llm-scripted, with: { ${text}: 1 } } }`,
    `version: 1\nplugins: { x: { use: llm-scripted, with: { script: [${text}], model: ${text}, chunk: ${text} } } }`,
    `version: 1\nplugins: { x: { use: log-console, with: { level: ${text} } } }`,
    `version: 1\nplugins: { x: { use: log-console, select: ${text}, optional: ${text}, onStartError: ${text} } }`,
    `version: 1\nplugins: { x: { use: websocket, with: { listen: ${text}, token: ${text} } }, y: { use: websocket, with: { listen: ${text} } } }`,
    `version: 1\nplugins: { x: { use: docker-sandbox, with: { image: ${text}, binds: [${text}], network: ${text}, env: { A: ${text} } } } }`,
    `version: 1\nplugins: { x: { use: open-interpreter, with: { engine: ${text}, model: ${text} } } }`,
    `version: 1\nplugins: { a: { use: llm-scripted } }\nflows: { chat: ${text} }`,
    `version: 1\nplugins: { a: { use: llm-scripted } }\nflows: { chat: { loop: ${text}, until: ${text}, max: ${text} } }`,
    `version: 1\nbudgets: { run: { usd: ${text}, time: ${text} } }`,
    `version: 1\nname: &x ${text}\ndescription: *x\nplugins: { x: { <<: { use: *x } } }`,
    `version: 1\nname: !!str ${text}\ntests: [!secret ${text}]`,
  ];
};

const expressions = [
  ...["${env:PLANTED}", "a${env:PLANTED}b", "${env:PLANTED:-x}", "${env:MISSING:-${env:PLANTED}}", "$${env:PLANTED}"],
  ...["${file:../outside.txt}", "${file:inside.txt}", "${file:/etc/passwd}"],
];

describe("a text that a client sends to be checked", () => {
  it.each([...expressions, "__SECRET_0__", "__SECRET_1__", "***"])(
    "should get nothing for %s, wherever it stands",
    async (value) => {
      for (const text of placesFor(value.replace("../outside.txt", join(folder, "outside.txt")))) {
        for (const role of ["read", "configure"]) {
          const body = await check(text, role);
          expect(body, text).toContain('"problems"');
          for (const secret of [...Object.values(planted), host.info.token ?? "", "root:"])
            expect(body).not.toContain(secret);
        }
      }
    },
  );

  it("should read no file and no folder that it names", async () => {
    for (const path of [join(folder, "outside.yaml"), "../outside.yaml", "/etc/passwd", "/etc/shadow", "sluice.yaml"]) {
      const body = await check(`version: 1\nextends: ${path}`);
      expect(body).toContain("SLUICE_CONFIG_UNTRUSTED");
      expect(body).not.toContain(planted.file);
      // Whether it is there is not told either.
      expect(body).toBe((await check(`version: 1\nextends: ${path}`)).replace(path, path));
      expect(body).not.toMatch(/does not exist|permission denied|cannot be read/);
    }
    for (const use of [join(folder, "profile/imported"), "./imported", "../imported", "/etc", "vitest", "../../x"]) {
      const body = await check(`version: 1\nplugins: { x: { use: ${JSON.stringify(use)} } }`);
      expect(body).toContain("SLUICE_CONFIG_UNTRUSTED");
      expect(body).not.toMatch(/does not exist|no plugin.json|is no plugin/);
    }
  });

  it("should import nothing", async () => {
    await check("version: 1\nplugins: { x: { use: ./imported } }", "configure");
    await check("version: 1\nplugins: { x: { use: docker-sandbox, with: { binds: [/etc:/x] } } }", "configure");
    expect(() => readFileSync(join(folder, "was-imported"))).toThrow(/ENOENT/);
  });

  it("should not grow or nest without bound, whether it is checked or edited", async () => {
    const laughs = Array.from(
      { length: 12 },
      (_, level) =>
        `l${level}: &l${level} [${Array(9)
          .fill(level ? `*l${level - 1}` : "x")
          .join(", ")}]`,
    );
    const texts = [
      laughs.join("\n"),
      "[".repeat(20_000),
      `${"a: {".repeat(5_000)}`,
      `version: 1 #${"x".repeat(300_000)}`,
      "a: &a [*a]",
    ];
    for (const text of texts) {
      for (const body of [await check(text), await post("read", "profile/edit", { text, pointer: "/a/b", value: 1 })]) {
        expect(body.length).toBeLessThan(100_000);
        expect(body).not.toContain("SLUICE_INTERNAL");
      }
    }
    expect((await exchange(port, requestOf(port, { method: "GET", path: "/healthz" }))).status).toBe(200);
  });
});

/** Each is read in seconds or minutes where nothing bounds it, and everybody else waits meanwhile. */
const costly: readonly (readonly [string, string])[] = [
  ["brackets without an end", `version: 1\na: ${"[".repeat(20_000)}`],
  ["braces without an end", "{".repeat(20_000)],
  ["a mistake on each line", "%a\n".repeat(20_000)],
  ["keys that nobody knows", Array.from({ length: 8_000 }, (_, index) => `k${index}: 1`).join("\n")],
  ["names that nobody knows", `flows: { a: [${Array.from({ length: 8_000 }, (_, index) => `b${index}`).join(",")}] }`],
  ["aliases of one anchor", `x: &a [1, 1]\ny: [${"*a,".repeat(5_000)}1]`],
  ["merges of one anchor", `a: &a { b: 1 }\n${"c: { <<: *a }\n".repeat(500)}`],
  ["anchors of one value", "&a ".repeat(20_000)],
];

describe("a text that takes long to be read", () => {
  it.each(costly)("should be refused before it is: %s", async (_what, text) => {
    for (const body of [await check(text), await post("read", "profile/edit", { text, pointer: "/a/b", value: 1 })]) {
      expect(body).toContain("SLUICE_CONFIG_SYNTAX");
      expect(body).toContain("a client may send");
    }
  });
});

describe("an edit of a text that makes the parser warn", () => {
  it("should print nothing of it on the host's terminal", async () => {
    const warnings: string[] = [];
    const note = (warning: Error) => warnings.push(warning.message);
    process.on("warning", note);
    for (const text of ["version: 1\na: !planted {b: 1}\n", "? [1, planted]\n: 3\n"]) {
      const body = await post("read", "profile/edit", { text, pointer: "/name", value: "x" });
      expect(body).toContain("planted");
    }
    await new Promise((resolve) => setImmediate(resolve));
    process.off("warning", note);
    expect(warnings).toEqual([]);
  });
});

describe("a change that a client may make", () => {
  const revision = async () => (await host.operation.profile.read()).revision;
  const shown = async () => (await host.operation.profile.read(true)).text;
  const apply = async (text: string) => post("configure", "profile/apply", { text, revision: await revision() });

  it.each([
    [
      "a secret's marker in another place",
      (text: string) => text.replace("version: 1", "version: 1\nname: __SECRET_0__"),
    ],
    [
      "a secret's marker behind an alias",
      (text: string) =>
        text
          .replace("apiKey: __", "apiKey: &k __")
          .replace("version: 1", "version: 1\ndescription: *k")
          .replace(/(version: 1)\n(description: \*k)\n([\s\S]*)/, "$1\n$3$2\n"),
    ],
    [
      "the plugin of a secret changed",
      (text: string) => text.replace("cloud: { use: llm-openai,", "cloud: { use: llm-openai-compatible,"),
    ],
    ["a new expression", (text: string) => text.replace("version: 1", 'version: 1\nname: "${env:PLANTED}"')],
    ["a new file", (text: string) => text.replace("version: 1", 'version: 1\nname: "${file:/etc/passwd}"')],
    [
      "an expression behind an alias",
      (text: string) => `${text.replace('apiKey: "${env', 'apiKey: &v "${env')}name: *v\n`,
    ],
    ["a plugin by path", (text: string) => text.replace("flows:", "  mine: { use: ./imported }\nflows:")],
    ["another file to extend", (text: string) => `${text}extends: ../outside.yaml\n`],
    [
      "the host's files",
      (text: string) => text.replace("flows:", "  box: { use: docker-sandbox, with: { binds: [/etc:/x] } }\nflows:"),
    ],
    [
      "an open network",
      (text: string) => text.replace("flows:", "  box: { use: docker-sandbox, with: { network: open } }\nflows:"),
    ],
    ["another file than the one that a person allowed", (text: string) => text.replace("../allowed", "../another")],
    [
      "a page of somebody's",
      (text: string) =>
        text.replace("flows:", "  wire: { use: websocket, with: { origins: [https://evil.test] } }\nflows:"),
    ],
    ["the key's address", (text: string) => text.replace("127.0.0.1:1/v1", "127.0.0.1:2/v1")],
    [
      "another address for a variable",
      (text: string) => text.replace("model: m,", 'model: m, baseURL: "http://evil.test/v1",'),
    ],
  ])("should be refused %s", async (_kind, change) => {
    const text = await shown();
    expect(text).toContain("__SECRET_");
    const changed = change(text);
    expect(changed).not.toBe(text);
    const body = await apply(changed);
    expect(JSON.parse(body)).toMatchObject({ status: "rejected" });
    expect(body).toMatch(/SLUICE_CONFIG_(UNTRUSTED|KEY_ORIGIN)/);
    for (const secret of Object.values(planted)) expect(body).not.toContain(secret);
    expect(read()).toBe(profile());
  });

  it("should be made where it asks for nothing of that, secrets and expressions as they were", async () => {
    const body = await apply((await shown()).replace("Hello.", "Good day."));
    expect(JSON.parse(body)).toMatchObject({ status: "applied" });
    expect(read()).toBe(profile().replace("Hello.", "Good day."));
  });

  it("should give a key no chance to follow a changed address while the host runs", () => {
    host.settings.set("cloud", { baseURL: "http://127.0.0.1:3/v1" }, "test");
    expect(host.plan.instances.some(({ id }) => id === "cloud")).toBe(true);
    expect(host.settings.get("cloud")).toMatchObject({ baseURL: "http://127.0.0.1:3/v1", apiKey: "" });
    host.settings.set("cloud", { baseURL: "http://127.0.0.1:4/v1", apiKey: "planted-later-0123456789" }, "test");
    expect(host.settings.get("cloud")).toMatchObject({ apiKey: "***" });
  });
});
