import { describe, expect, it } from "vitest";
import { releaseUser, takeUser } from "../../../plugins/docker-sandbox/container/users.ts";
import { defaults } from "../../docker/sandbox-kit.ts";

describe("the user of a session", () => {
  it("should be another one's at no time, and be free again afterwards", () => {
    const config = { ...defaults, users: "50000-50009" };
    const all = Array.from({ length: 10 }, () => takeUser(config));
    expect(new Set(all.map(({ uid }) => uid)).size).toBe(10);
    expect(all.every(({ uid, gid }) => uid === gid && uid >= 50_000 && uid <= 50_009)).toBe(true);
    const [third] = all.slice(3);
    if (third) releaseUser(third);
    expect(takeUser(config)).toEqual(third);
    for (const user of all) releaseUser(user);
  });

  it("should be what the profile names, for all", () => {
    expect(takeUser({ ...defaults, user: "1234" })).toEqual({ uid: 1234, gid: 1234 });
    expect(takeUser({ ...defaults, user: "1234:5" })).toEqual({ uid: 1234, gid: 5 });
  });
});
