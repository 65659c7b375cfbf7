import { existsSync } from "node:fs";
import { join } from "node:path";
import { type Attack, each } from "../attack.ts";
import { classicKey, type Ground, planted, roleTokens } from "../ground.ts";
import { obeyed } from "./output.ts";

const json = { "content-type": "application/json" };
const mark = "everybody-has-this-0123";

/** What every object would have, and then somebody who has nothing would be somebody. */
const poison = [
  `"__proto__":{"role":"configure","owner":"${mark}","token":"${mark}","polluted":"${mark}"}`,
  `"constructor":{"prototype":{"role":"configure","polluted":"${mark}"}}`,
  `"\\u005f_proto__":{"role":"configure","polluted":"${mark}"}`,
];
const asJson = (own: object) => poison.map((text) => JSON.stringify(own).replace("{", () => `{${text},`));

/** Whether somebody who only reads may change something now, or is shown what was put into all objects. */
async function polluted(ground: Ground): Promise<string | undefined> {
  const talk = await ground.wire(roleTokens.read, "after");
  const set = await talk.call("settings.set", { instance: "gpt", values: { temperature: 1 } });
  if (set["t"] === "result") return "read may change settings";
  const { body } = await ground.asPage("read", "GET", "instances");
  return body.includes(mark) ? "it is in the answer to somebody else" : undefined;
}

const bodies = asJson({
  ...{ model: "tiny", messages: [{ role: "user", content: "hi" }], language: "python", code: "1" },
  ...{ jsonrpc: "2.0", id: 1, method: "tools/list" },
});

/** Where a path could lead, if somebody joined it to a folder. */
const paths = [
  ...["../slipped", "a/../../slipped", "/tmp/slipped", "./slipped", "a//slipped", "..\\slipped", "C:\\slipped"],
  ...["slipped\u0000.txt", "a/./slipped", "\u2024\u2024/slipped/..", "..%2fslipped/..", "~/../slipped", "", "/", ".."],
];

const shown = "\u202e\u2066\u200b\u2028\u0085\u00ad\ufeff\u{e0041}";

export const names: readonly Attack[] = [
  {
    ...{ finding: 3, as: "run", over: "wire", what: "names that every object has" },
    play: (ground) =>
      each(
        ["hello", "open", "call", "watch", "input"].flatMap((t) =>
          asJson({ t, id: "p", method: "settings.set", params: { instance: "__proto__", values: {} }, flow: "run" }),
        ),
        async (text) => {
          const talk = await ground.wire(roleTokens.run, "polluter");
          await talk.call("models");
          if (!talk.socket.gone) talk.socket.send(text);
          return polluted(ground);
        },
      ),
  },
  {
    ...{ finding: 3, as: "run", over: "HTTP", what: "names that every object has, in bodies, queries and paths" },
    play: (ground) =>
      each(
        ["/settings", "/run", "/openai/chat/completions", "/v1/chat/completions", "/mcp"].flatMap((path) =>
          bodies.map((body) => ({ path, body })),
        ),
        async ({ path, body }) => {
          const query = `?__proto__[role]=configure&constructor.prototype.role=configure&session=__proto__`;
          const headers = { ...json, ...classicKey, authorization: `Bearer ${roleTokens.run}` };
          await ground.http({ path: `${path}${query}`, headers, body });
          await ground.http({ method: "GET", path: "/settings/__proto__", headers });
          return polluted(ground);
        },
      ),
    long: true,
  },
  {
    ...{ finding: 3, as: "read", over: "page", what: "names that every object has, in a profile" },
    play: (ground) =>
      each(
        [
          `version: 1\n__proto__: { polluted: ${mark}, role: configure }\nflows: { chat: a }`,
          `version: 1\nplugins: { __proto__: { use: llm-scripted }, constructor: { use: llm-scripted } }`,
          `version: 1\nplugins: &p { a: { use: llm-scripted, with: { __proto__: { role: configure } } } }\n<<: *p`,
          `version: 1\nflows: { __proto__: a, toString: b, hasOwnProperty: c }`,
        ],
        async (text) => {
          await ground.asPage("read", "POST", "profile/check", { text });
          for (const pointer of ["/__proto__/role", "/constructor/prototype/role", "/plugins/__proto__/use"])
            await ground.asPage("read", "POST", "profile/edit", { text: "version: 1", pointer, value: "configure" });
          return polluted(ground);
        },
      ),
  },
  {
    ...{ finding: 5, as: "run", over: "wire and lmc", what: "files that leave the workspace" },
    play: (ground) =>
      each(paths, async (path) => {
        const talk = await ground.wire(roleTokens.run, "slipper");
        const files = [{ path, base64: Buffer.from("x").toString("base64") }];
        const put = await talk.call("files.put", { session: "slip", files });
        const got = await talk.call("files.get", { session: "slip", path: `${path}/../../../etc/passwd` });
        const body = `--b\r\nContent-Disposition: form-data; name="file"; filename="${path}"\r\n\r\nx\r\n--b--\r\n`;
        const headers = { ...classicKey, "content-type": "multipart/form-data; boundary=b" };
        await ground.http({ path: "/upload?session=slip2", headers, body });
        await ground.http({ method: "GET", path: `/download/${encodeURIComponent(path)}`, headers: classicKey });
        if (got["t"] === "result") return "a file outside was read";
        const outside = [ground.place.folder, ground.place.home, "/tmp"].map((folder) => join(folder, "slipped"));
        if (outside.some((file) => existsSync(file))) return "a file was written outside";
        return put["t"] === "result" && /(^|\/)\.\.?(\/|$)|^\/|\\|\0/.test(path) ? "it was taken" : undefined;
      }),
  },
  {
    ...{ finding: 5, as: "run", over: "command line", what: "names that turn, hide or break our lines" },
    play: async (ground) => {
      const talk = await ground.wire(roleTokens.run, `client${shown}`);
      await talk.code(`open("f${shown}", "w").write("x")\nprint("x")`, `session${shown}`);
      const commands = [
        ["sessions", "list"],
        ["sessions", "get", `session${shown}`],
        ["sessions", "stop", `no${shown}`],
        ["runs"],
        ["runs", "last"],
        ["runs", "--session", `session${shown}`, "--json"],
        ["logs"],
        ["hosts"],
        ["top", "--once"],
        ["sandbox", "list"],
        ["cancel", `no${shown}`],
        ["ask", "-f", `no${shown}`, "x"],
        ["settings", "get", `no${shown}`],
      ];
      return each(commands, async (command) => {
        const { stdout, stderr } = await ground.place.run(command);
        const hidden = /[\u0085\u00ad\u2028\ufeff\u{e0041}]/u.exec(`${stdout}${stderr}`);
        if (hidden !== null) return `a line of ours holds ${JSON.stringify(hidden[0])}`;
        return obeyed(`${stdout}${stderr}`.replaceAll("\n", ""));
      });
    },
    long: true,
  },
  {
    ...{ finding: 7, as: "operate", over: "page and command line", what: "the values of `run --env`" },
    play: async (ground) => {
      const ran = await ground.place.run(["run", "--env", `DSN=${planted.variable}`, "-e", "print('fine')"]);
      if (!ran.stdout.includes("fine")) return { tried: 1, gained: [`it did not run: ${ran.stderr}`] };
      const { stdout } = await ground.place.run(["runs", "last", "--json"]);
      const run = /"run":"(r_\w+)"/.exec(stdout)?.[1] ?? "";
      const told = [stdout, (await ground.place.run(["logs", "--json"])).stdout];
      told.push((await ground.asPage("configure", "GET", `runs/${run}/bundle`)).body);
      return { tried: told.length, gained: told.filter((text) => text.includes(planted.variable)) };
    },
  },
];
