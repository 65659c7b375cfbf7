import { describe, expect, it } from "vitest";
import { Place } from "./cli-kit.ts";

const profile = (isolate: string) => `version: 1
plugins:
  wire: { use: websocket, with: { listen: "127.0.0.1:0" } }
  model: { use: llm-scripted, with: { script: [Good morning.], repeat: true } }
  box: { use: docker-sandbox, isolate: ${isolate} }
flows:
  chat: { loop: [model, box], until: done, max: 2 }
  run: box
`;

describe.each(["none", "worker"])("a host whose engine is not there, isolate: %s", (isolate) => {
  it("should chat all the same, and say what is missing to whoever runs a program", async () => {
    await using place = new Place(profile(isolate));
    const env = { DOCKER_HOST: "unix:///nowhere/docker.sock" };
    const child = place.start(["up", "--json"], { env });
    let ready = "";
    for await (const chunk of child.stdout ?? []) {
      ready += chunk;
      if (ready.includes("host-ready")) break;
    }
    expect(ready).toContain("host-ready");
    expect(await place.run(["ask", "hello"], { env })).toMatchObject({ stdout: "Good morning.\n", code: 0 });
    const run = await place.run(["run", "-e", "print(1)"], { env });
    expect(run.code).toBe(69);
    expect(run.stderr).toMatch(/docker/i);
    expect((await place.run(["ask", "again"], { env })).stdout).toBe("Good morning.\n");
  });
});
