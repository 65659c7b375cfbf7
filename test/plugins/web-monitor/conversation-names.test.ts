import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Logger } from "../../../core/contract/index.ts";
import { writePrivate } from "../../../core/kit/index.ts";
import { ConversationNames } from "../../../plugins/web-monitor/conversation-names.ts";

let folder = "";
let warned: string[] = [];
const log = { warn: (text: string) => warned.push(text) } as unknown as Logger;
const path = () => join(folder, "kept", "names.json");
const names = () => new ConversationNames(path(), log, folder);

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sluice-names-"));
  warned = [];
});
afterEach(() => rmSync(folder, { recursive: true }));

describe("the names of conversations", () => {
  it("should outlive the host, and give back the first question for an empty one", () => {
    names().rename("one", "My numbers", "me");
    names().remove("two", "2026-01-01T00:00:00.000Z", "me");
    expect([names().of("one"), names().of("two"), names().of("three")]).toEqual([
      { title: "My numbers", owner: "me" },
      { removed: "2026-01-01T00:00:00.000Z", owner: "me" },
      {},
    ]);
    names().rename("one", "", "me");
    expect(names().of("one")).toEqual({});
  });

  it("should be found by all of their words, whichever case they are in", () => {
    const all = names();
    all.rename("one", "Budget für 2026", "me");
    all.rename("two", "BUDGET of before", "me");
    all.remove("three", "2026-01-01T00:00:00.000Z", "me");
    expect(all.called(["budget"])).toEqual(["two", "one"]);
    expect(all.called(["2026", "für"])).toEqual(["one"]);
    expect(all.called(["three"])).toEqual([]);
  });

  it("should be nobody else's, although a session of that name was somebody else's once", () => {
    const all = names();
    const own = (me: string) => (owner: string) => owner === me;
    all.rename("mine", "What only I know", "me", own("me"));
    expect(all.of("mine", own("other"))).toEqual({});
    expect(all.called(["know"], own("other"))).toEqual([]);
    all.rename("mine", "Another", "other", own("other"));
    all.remove("mine", "2026-01-01T00:00:00.000Z", "other", own("other"));
    // As another host that reads the file.
    expect(names().of("mine", own("me"))).toEqual({ title: "What only I know", owner: "me" });
    expect(names().of("mine", own("other"))).toMatchObject({ title: "Another", owner: "other" });
    // Whoever sees both changes the newest, which stays its owner's.
    all.rename("mine", "Ours", "boss");
    expect(all.of("mine", own("me"))).toMatchObject({ title: "What only I know" });
    expect(all.of("mine", own("other"))).toMatchObject({ title: "Ours", owner: "other" });
  });

  it("should stay within their bound by their oldest, whatever they are called", () => {
    const all = names();
    all.rename("__proto__", "not a prototype", "me");
    for (let index = 0; index < 500; index += 1) all.rename(`c${index}`, "x", "me");
    expect([all.of("__proto__"), all.of("c0"), all.of("c499")]).toEqual([
      {},
      { title: "x", owner: "me" },
      { title: "x", owner: "me" },
    ]);
  });

  it.each(["", "[1]", "{", '{"one":{"title":1}}', '{"one":{"title":"x","other":"y"}}'])(
    "should begin anew where the file says %s",
    (text) => {
      names().rename("before", "x", "me");
      writePrivate(path(), text);
      expect(names().of("one")).toEqual({});
      names().rename("one", "x", "me");
      expect(names().of("one")).toEqual({ title: "x", owner: "me" });
    },
  );

  it("should say what it does not take, and write through no link of others", () => {
    names().rename("one", "x", "me");
    rmSync(path());
    writeFileSync(path(), "not ours {", { mode: 0o644 });
    expect(names().of("one")).toEqual({});
  });
});
