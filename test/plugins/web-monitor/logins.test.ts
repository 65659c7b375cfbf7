import { describe, expect, it } from "vitest";
import type { Role } from "../../../core/contract/index.ts";
import { FakeClock } from "../../../core/testing/index.ts";
import { Logins } from "../../../plugins/web-monitor/logins.ts";

const clock = new FakeClock();
const loginsOf = (most: Role) => new Logins({ clock, key: () => "key", link: 60_000, session: 60_000, most });

describe("a cookie of a time when pages might do more", () => {
  it.each(["read", "run", "operate"] as const)("should be worth %s when the profile grants no more", (most) => {
    const before = loginsOf("configure");
    const request = { headers: { host: "127.0.0.1:8000", cookie: "" } };
    for (const role of ["read", "configure"] as const) {
      const cookie = before.setCookie(request, before.signIn(before.createLink(role).token)).split(";")[0] ?? "";
      const person = loginsOf(most).person({ headers: { ...request.headers, cookie } });
      expect(person?.role).toBe(role === "read" ? "read" : most);
    }
  });
});
