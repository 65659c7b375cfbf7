import type { RunEvent } from "../../contract/event.ts";
import type { Store } from "../../contract/store.ts";
import type { ContractCase } from "./cases.ts";
import { demand } from "./expect.ts";
import { sampleRun } from "./sample-events.ts";

const same = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other);
const plain = (events: readonly RunEvent[]): unknown[] => events.map((event) => ({ ...event }));

export const storeCases: readonly ContractCase<Store>[] = [
  {
    name: "should give back what it took, in order, from after any place and up to any limit",
    async run(store) {
      const events = sampleRun("r_order");
      await store.append(events.slice(0, 3));
      await store.append(events.slice(3));
      demand(
        same(plain(await store.read("r_order", 0, 1000)), plain(events)),
        "a run came back otherwise than it was given",
      );
      const some = await store.read("r_order", 4, 3);
      demand(
        same(
          some.map(({ seq }) => seq),
          [5, 6, 7],
        ),
        "read does not begin after its place, or ends elsewhere",
      );
      demand((await store.read("r_order", events.length, 10)).length === 0, "there is something after the end");
      demand((await store.read("r_nobody", 0, 10)).length === 0, "a run that was never written has events");
    },
  },
  {
    name: "should refuse the same place twice, and keep nothing of that batch",
    async run(store) {
      const events = sampleRun("r_twice");
      await store.append(events.slice(0, 4));
      const refused = await Promise.resolve()
        .then(() => store.append(events.slice(3)))
        .then(
          () => false,
          () => true,
        );
      demand(refused, "a place was taken twice");
      demand((await store.read("r_twice", 0, 100)).length === 4, "a batch that was refused is there in part");
      await store.append(events.slice(4));
      demand((await store.read("r_twice", 0, 100)).length === events.length, "it takes nothing more after a refusal");
    },
  },
  {
    name: "should list runs, newest first, by run, session, status and number, and those that did not end",
    async run(store) {
      await store.append(sampleRun("r_list_1"));
      await store.append(sampleRun("r_list_2", false));
      const [record] = await store.runs({ run: "r_list_1" });
      demand(record?.status === "ok" && record.session === "s_r_list_1" && record.flow === "chat", "a record is wrong");
      demand(record.input.includes("r_list_1") && record.lastSeq === sampleRun("x").length, "a record is not whole");
      const names = async (query: object): Promise<string[]> => (await store.runs(query)).map(({ run }) => run);
      demand(same((await names({})).slice(0, 2), ["r_list_2", "r_list_1"]), "the newest run is not the first");
      demand(same(await names({ session: "s_r_list_2" }), ["r_list_2"]), "a session has other runs than its own");
      demand((await names({ status: "running" })).includes("r_list_2"), "a run without an end is not running");
      demand((await names({ limit: 1 })).length === 1, "a limit does not limit");
      const open = (await store.unfinished()).filter(({ run }) => run.startsWith("r_list"));
      demand(
        same(
          open.map(({ run }) => run),
          ["r_list_2"],
        ),
        "unfinished runs are others than those without an end",
      );
    },
  },
];
