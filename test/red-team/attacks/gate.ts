import { request } from "node:http";
import { join } from "node:path";
import { createOptions } from "../../../plugins/docker-sandbox/container/create-options.ts";
import { labelsOf } from "../../../plugins/docker-sandbox/container/labels.ts";
import { defaults } from "../../docker/sandbox-kit.ts";
import { stop } from "../../e2e/cli-kit.ts";
import type { Attack } from "../attack.ts";

interface Answer {
  readonly status: number;
  readonly text: string;
}

const engine = "/var/run/docker.sock";

function asking(socketPath: string) {
  return (method: string, path: string, body?: unknown, type = "application/json"): Promise<Answer> => {
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    const text = typeof body === "string" ? body : body === undefined ? "" : JSON.stringify(body);
    const headers = text === "" ? {} : { "content-type": type, "content-length": Buffer.byteLength(text) };
    const sent = request({ socketPath, method, path, headers, agent: false });
    sent.on("error", reject).on("response", async (answer) => {
      let said = "";
      for await (const chunk of answer) said += String(chunk);
      resolve({ status: answer.statusCode ?? 0, text: said });
    });
    sent.end(text);
    return promise;
  };
}

/** What a sandbox is made of, with a program that waits. */
function containerOf(image: string) {
  const labels = labelsOf({ instance: "box", owner: { host: "red-team", pid: 1, started: "b/1" } });
  const user = { uid: 40_001, gid: 40_001 };
  const options = createOptions({ config: { ...defaults }, user, image, labels });
  return { ...options, Entrypoint: ["sleep"], Cmd: ["60"] };
}

export const gate: readonly Attack[] = [
  {
    ...{
      finding: 6,
      as: "a host that was taken over",
      over: "the gate",
      what: "the machine, and containers of others",
    },
    play: async ({ place }) => {
      const listen = join(place.folder, "gate.sock");
      const child = place.start(["sandbox", "gate", "--listen", listen, "--build"]);
      const ready = Promise.withResolvers<void>();
      child.stderr?.on("data", (chunk: Buffer) => String(chunk).includes("gate:") && ready.resolve());
      child.once("exit", () => ready.reject(new Error("the gate ended")));
      await ready.promise;
      const [ask, own] = [asking(listen), asking(engine)];
      const gained: string[] = [];
      const made: string[] = [];
      const create = async (through: typeof ask, query: string, body: object): Promise<string | undefined> => {
        const { status, text } = await through("POST", `/containers/create${query}`, body);
        if (status !== 201) return undefined;
        const { Id } = JSON.parse(text) as { Id: string };
        made.push(Id);
        return Id;
      };
      try {
        const images = JSON.parse((await ask("GET", "/images/json")).text) as { RepoTags: string[] | null }[];
        const image = images
          .flatMap(({ RepoTags }) => RepoTags ?? [])
          .find((tag) => tag.startsWith("sluicebox-sandbox:"));
        if (image === undefined) throw new Error("there is no image of sandboxes");
        const body = containerOf(image);
        const id = await create(ask, "", body);
        // Older engines read another container's settings in the request that starts it.
        const settings = { Binds: ["/:/host"] };
        await ask("POST", `/v1.18/containers/${id}/start`, settings);
        await ask("POST", `/containers/${id}/start`, settings);
        if ((await own("GET", `/containers/${id}/json`)).text.includes("/:/host")) gained.push("the machine's files");
        const open = ["no-new-privileges", 'seccomp={"defaultAction":"SCMP_ACT_ALLOW"}'];
        const bare = await create(ask, "", { ...body, HostConfig: { ...body.HostConfig, SecurityOpt: open } });
        if (bare !== undefined) gained.push("every system call");
        // A sandbox is called as another's id begins, looked at, and removed; then that word is the other's.
        const other = (await create(own, "", { ...body, Labels: {} })) ?? "";
        const word = other.slice(0, 12);
        await create(ask, `?name=${word}`, body);
        await ask("GET", `/containers/${word}/json`);
        await ask("DELETE", `/containers/${word}?force=1`);
        await ask("DELETE", `/containers/${word}?force=1`);
        if ((await own("GET", `/containers/${other}/json`)).status !== 200) gained.push("another's container");
        const form = "t=stolen&networkmode=host&remote=http://127.0.0.1:1/x";
        const built = await ask("POST", "/build?t=sluicebox-x", form, "application/x-www-form-urlencoded");
        if (built.text.includes("127.0.0.1:1")) gained.push("a build with parameters of its own");
        const filter = encodeURIComponent('{"label":["sluicebox.owner"]}');
        const listed = await ask("GET", `/containers/json?x=1;filters=%7B%7D&filters=${filter}`);
        if (listed.status === 200) gained.push("a list of everybody's containers");
        return { tried: 7, gained };
      } finally {
        for (const id of made) await own("DELETE", `/containers/${id}?force=1`);
        await stop(child, "SIGTERM");
      }
    },
  },
];
