import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { neededRole } from "../../core/command-line.ts";
import type { Role } from "../../core/contract/index.ts";
import { roleAllows } from "../../core/kit/index.ts";
import { routes } from "../../plugins/web-monitor/routes.ts";
import { goodClients } from "./transport-good.ts";
import { serveTransports, type Transports } from "./transport-host.ts";
import { exchange } from "./transport-raw.ts";
import { type RequestParts, requestOf } from "./transport-requests.ts";

let transports: Transports;
beforeAll(async () => {
  transports = await serveTransports();
});
afterAll(() => transports[Symbol.asyncDispose]());

const roles: readonly Role[] = ["read", "run", "operate", "configure"];
const json = { "content-type": "application/json" };
const answerOf = async (parts: RequestParts): Promise<string> => {
  const { status, body } = await exchange(transports.port, requestOf(transports.port, parts));
  return `${status} ${body}`;
};
const post = (path: string, body: object, headers: Record<string, string>) =>
  answerOf({ path: `/monitor/api/${path}`, body: JSON.stringify(body), headers: { ...json, ...headers } });

/** Which of them end, stop or change something: they are asked for names that nothing has. */
const nothing = /^(instances|models|sandboxes)\/\*\/|^sandboxes-clean|^profile\/(apply|undo)/;
/** What a run prints, which no other one does. */
const secretOf = (session: string) => `<${session}>`;

async function signedIn(role: Role) {
  const said = await post("links", { role }, { authorization: `Bearer ${transports.token}` });
  const { link } = JSON.parse(said.slice(4)) as { link: string };
  const { cookie, csrf } = await goodClients(transports.port, "").signIn(link);
  return { headers: { cookie, "x-sluice-csrf": csrf }, owner: `page:page-${cookie.split("=")[1]?.split(".")[0]}` };
}

let count = 0;
async function make(owner: string | undefined): Promise<{ readonly run: string; readonly session: string }> {
  count += 1;
  const session = `talk-${count}`;
  const input = { code: `print ${secretOf(session)}` };
  const { run, done } = transports.host.runs.open({ flow: "run", session, input, ...(owner && { owner }) });
  await done;
  await transports.host.runs.list({ run });
  return { run, session };
}

const ask = (route: (typeof routes)[number], name: string, headers: Record<string, string>) => {
  const path = route.path.replace("*", encodeURIComponent(name));
  return route.method === "POST"
    ? post(path, {}, headers)
    : answerOf({ method: route.method, path: `/monitor/api/${path}`, headers });
};
const isRefusal = (said: string) => /^40[34] .*SLUICE_(WIRE_FORBIDDEN|RUN_NOT_FOUND|SESSION_NOT_FOUND)/s.test(said);

describe("every route of the page", () => {
  it.each(roles)("should be open to %s as the table says, and tell nothing of others' runs below it", async (role) => {
    const { headers, owner } = await signedIn(role);
    const wrong: string[] = [];
    for (const route of routes) {
      for (const [standing, of] of [
        ["own", owner],
        ["others", "wire:somebody/me"],
        ["nobodys", undefined],
      ] as const) {
        const { run, session } = await make(of);
        const name = nothing.test(route.path) ? "none" : /^(conversations|sessions)/.test(route.path) ? session : run;
        const said = await ask(route, name, headers);
        const where = `${route.method} ${route.path} of ${standing}: ${said.slice(0, 160)}`;
        if (!roleAllows(role, neededRole(route.needs))) {
          if (!said.startsWith("403 ")) wrong.push(`${where} was not refused`);
        } else if (standing !== "own" && !roleAllows(role, neededRole(route.needs, standing))) {
          // A refusal says again the one name that was asked for.
          const again = isRefusal(said) ? name : undefined;
          const told = [run, secretOf(session), session].filter((each) => each !== again && said.includes(each));
          if (told.length > 0) wrong.push(`${where} told of ${told}`);
        } else if (/^(runs|conversations|sessions)\/\*/.test(route.path) && isRefusal(said))
          wrong.push(`${where} was refused`);
        await transports.host.sessions.close(session);
      }
    }
    expect(wrong).toEqual([]);
  });
});

describe("a link that shows one run", () => {
  it("should show that run to anybody, and be worth nothing anywhere else", async () => {
    const { headers } = await signedIn("operate");
    const [shown, other] = [await make(undefined), await make(undefined)];
    const said = await post(`runs/${shown.run}/link`, {}, headers);
    const token = /[A-Za-z0-9_-]{32}/.exec((JSON.parse(said.slice(4)) as { link: string }).link)?.[0] ?? "";
    const share = { "x-sluice-share": token };
    const shared = (path = "shared", method = "GET") =>
      answerOf({ method, path: `/monitor/api/${path}`, headers: share });
    expect(await shared()).toContain(secretOf(shown.session));
    // What else is asked for beside it changes nothing.
    for (const path of [`shared?run=${other.run}`, `shared?name=${other.run}`]) {
      const answer = await shared(path);
      expect([answer.includes(shown.run), answer.includes(other.run)]).toEqual([true, false]);
    }
    expect(await shared("shared", "POST")).toMatch(/^4\d\d /);
    const asIf: readonly Record<string, string>[] = [
      share,
      { authorization: `Bearer ${token}` },
      { "x-api-key": token },
      { cookie: `sluice=${token}` },
      { cookie: (headers.cookie ?? "").replace(/=.*/, `=${token}.${token}`), "x-sluice-csrf": token },
    ];
    const gained: string[] = [];
    for (const each of asIf) {
      for (const route of routes) {
        const answer = await ask(route, shown.run, each);
        if (!/^40[13] /.test(answer)) gained.push(`${route.method} ${route.path} with ${Object.keys(each)}: ${answer}`);
      }
      for (const path of ["/v1/models", "/settings", "/metrics", "/mcp", "/monitor/api/session"]) {
        const answer = await answerOf({ method: "GET", path, headers: each });
        if (answer.startsWith("200 ")) gained.push(`${path} with ${Object.keys(each)}: ${answer.slice(0, 200)}`);
      }
      const links = await post("links", { role: "read" }, each);
      if (!/^40[13] /.test(links)) gained.push(`links: ${links}`);
    }
    expect(gained).toEqual([]);
  });

  const get = (path: string, headers: Record<string, string>) =>
    answerOf({ method: "GET", path: `/monitor/api/${path}`, headers });
  const remove = (path: string, headers: Record<string, string>) =>
    answerOf({ method: "DELETE", path: `/monitor/api/${path}`, headers });
  const jsonOf = (answer: string) => JSON.parse(answer.slice(4));
  /** A link that a page gives, with what opens it and when it ends. */
  async function give(run: string, headers: Record<string, string>) {
    const { id, link, expires } = jsonOf(await post(`runs/${run}/link`, {}, headers)) as Record<string, string>;
    const shared = () => get("shared", { "x-sluice-share": link?.split("share=")[1] ?? "" });
    return { id: id ?? "", expires: expires ?? "", shared };
  }

  it("should end when whoever gave it signs out, and with that cookie at the latest", async () => {
    const { headers, owner } = await signedIn("run");
    const another = await signedIn("operate");
    const { run, session } = await make(owner);
    const { expires } = jsonOf(await get("session", headers));
    const mine = await give(run, headers);
    const theirs = await give(run, another.headers);
    expect(mine.expires).toBe(expires);
    expect(await mine.shared()).toContain(secretOf(session));
    await remove("session", headers);
    expect(await mine.shared()).toMatch(/^401 /);
    expect(await theirs.shared()).toContain(secretOf(session));
  });

  it("should be listed to whoever gave it, whose run it shows and who operates, and ended by them alone", async () => {
    const [owner, giver, stranger, reader] = await Promise.all(
      (["run", "operate", "run", "read"] as const).map(signedIn),
    );
    if (!owner || !giver || !stranger || !reader) throw new Error("nobody is signed in");
    const { run, session } = await make(owner.owner);
    const listed = async ({ headers }: typeof owner) =>
      (jsonOf(await get("shares", headers)).shares as { id: string; mine: boolean }[]).filter(
        ({ id }) => id === link.id,
      );
    let link = await give(run, giver.headers);
    expect(await listed(giver)).toMatchObject([{ run, owner: giver.owner, mine: true }]);
    expect(await listed(owner)).toMatchObject([{ run, owner: giver.owner, mine: false }]);
    expect(await listed(stranger)).toEqual([]);
    expect(await get("shares", reader.headers)).toMatch(/^403 /);
    expect(JSON.stringify(await listed(giver))).not.toContain("share=");
    expect(await remove(`shares/${link.id}`, stranger.headers)).toMatch(/^404 /);
    expect(await remove(`shares/${link.id}`, reader.headers)).toMatch(/^403 /);
    expect(await remove(`shares/${link.id}`, { cookie: owner.headers.cookie })).toMatch(/^403 /);
    expect(await link.shared()).toContain(secretOf(session));
    for (const each of [owner, giver]) {
      link = await give(run, giver.headers);
      expect(await remove(`shares/${link.id}`, each.headers)).toMatch(/^200 /);
      expect(await link.shared()).toMatch(/^401 /);
      expect(await listed(giver)).toEqual([]);
    }
  });
});
