import { describe, expect, it } from "vitest";
import { createHost } from "../../../core/index.ts";
import { collect, endOf } from "../flow/flow-kit.ts";
import { temporaryHome } from "../host/temporary-home.ts";
import { custom, faults, goodIsWell, input } from "./misbehaviour-kit.ts";

/** What a process of its own says of its end, where the host's own process can only refuse the call. */
const ended: Readonly<Record<string, RegExp>> = {
  "aborts the process": /its process was ended by SIGABRT/,
  "kills the process": /its process was ended by SIGKILL/,
};

/** `npm run test:apart` tries all of them: each starts a process. */
const isWhole = process.env["SLUICE_APART"] === "all";
const rowsOf = (kind: "model" | "sandbox" | "stage") =>
  Object.entries(faults[kind]).filter((_, row) => isWhole || row % 10 === 0);

/** Each fault of a run once more, in a worker: who is named is the same, and the others go on. */
describe.each(["model", "sandbox", "stage"] as const)("a %s that misbehaves in a process of its own", (kind) => {
  it.each(rowsOf(kind))(
    "should end its run by its name: %s",
    async (how, expected) => {
      using home = temporaryHome();
      const bad = {
        ...{ use: `./bad-${kind}`, with: { how }, callTimeout: "2s", restart: { attempts: 0 } },
        isolate: { worker: { heap: "256mb", held: "20s" } },
      };
      const flows = { chat: "good", bad: kind === "stage" ? ["good", "bad"] : "bad" };
      await using host = await createHost({
        config: { version: 1, plugins: { good: { use: "./shout" }, bad }, flows },
        ...{ cwd: custom, env: home.env, transports: true },
      });
      const events = collect(host.runs.open({ flow: "bad", input: input[kind] ?? { text: "" } }));
      await goodIsWell(host);
      expect(endOf(await events).status).toBe("failed");
      const errors = (await events).flatMap((event) => (event.type === "error" ? [event.data] : []));
      const told = errors.map(({ message }) => message).join("\n");
      const wanted = ended[how] ?? new RegExp(expected.source.replace("for 0.1 s", "for 2 s"));
      expect(told).toMatch(wanted);
      expect(errors.every(({ message, code }) => message.includes("bad") && code !== "SLUICE_INTERNAL")).toBe(true);
      await goodIsWell(host);
    },
    120_000,
  );
});
