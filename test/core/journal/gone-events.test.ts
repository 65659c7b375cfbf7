import { describe, expect, it } from "vitest";
import type { JournalPage } from "../../../core/contract/index.ts";
import { delta, end, newJournals, start, TestStore } from "./journal-kit.ts";

describe("a run of which a store has deleted events", () => {
  it.each([0, 2])("should be told as a gap, from after %i", async (after) => {
    const store = new TestStore();
    const journals = newJournals({ limits: { hostBytes: 0 } });
    journals.attach(store);
    journals.open("r1");
    journals.append("r1", start);
    for (let index = 0; index < 5; index++) journals.append("r1", delta(`${index}`));
    journals.append("r1", end());
    await journals.flush();
    const [record] = store.runs({ run: "r1" });
    store.events.set("r1", []);
    store.runs = () => (record === undefined ? [] : [record]);
    const pages: JournalPage[] = [];
    for await (const page of journals.follow("r1", after)) pages.push(page);
    expect(pages).toMatchObject([{ kind: "gap", from: after + 1, to: 7 }]);
  });
});
