import { beforeAll, describe, expect, it } from "vitest";
import { type ScriptedUpstream, startUpstream } from "../docker/scripted-upstream.ts";
import { pythonForClients } from "./clients/packages.ts";
import { begun, code, complete, fault, message, ran, script, stopped } from "./lmc-script.ts";
import { type LmcServer, startOriginal, startOurs } from "./lmc-servers.ts";
import { type Frame, normalised, type Step, type TalkOptions, talk } from "./lmc-talk.ts";

/** One client's steps with a server that was started for it. */
class Session {
  steps: ReadonlyMap<string, Step> = new Map();
  upstream: ScriptedUpstream | undefined;

  async run(start: () => Promise<LmcServer>, options: Pick<TalkOptions, "library" | "apart">): Promise<void> {
    const python = await pythonForClients();
    await using upstream = await startUpstream(script);
    await using server = await start();
    this.upstream = upstream;
    this.steps = await talk(server, { ...options, python, model: upstream.baseURL });
  }

  step(name: string): Step {
    const step = this.steps.get(name);
    if (step === undefined) throw new Error(`the client said nothing of ${name}`);
    return step;
  }

  frames(name: string) {
    return normalised(this.step(name).frames ?? []);
  }

  http(name: string) {
    const { status, body } = this.step(name);
    return [status, body];
  }
}

/** What a client of the original sees, whoever it talks to. */
function itShouldSpeakAsTheOriginal(session: Session): void {
  const step = (name: string) => session.frames(name);

  it("should be alive for everybody, and ask for the key beside that", () => {
    expect(session.http("heartbeat")).toEqual([200, { status: "alive" }]);
    expect(session.http("no key")).toEqual([403, { detail: "Authentication failed" }]);
  });

  it("should take settings, and tell them as JSON in a JSON string", () => {
    for (const name of ["set", "reset", "no auto run", "auto run"]) {
      expect(session.http(name), name).toEqual([200, { status: "success" }]);
    }
    const [status, body] = session.http("get");
    expect([status, JSON.parse(String(body))]).toEqual([200, { auto_run: true }]);
    const [found, [unknown, code]] = session.http("get unknown") as [number, [string, number]];
    expect([found, JSON.parse(unknown), code]).toEqual([200, { error: "Setting not found" }, 404]);
    expect(session.http("set unknown")).toEqual([200, [{ error: "Setting nope not found" }, 404]]);
  });

  it("should refuse every frame before the right key", () => {
    const refused = Array(4).fill({ auth: false });
    expect(step("auth")).toEqual([...refused, { auth: true }]);
  });

  itShouldAnswer(session);
}

function itShouldAnswer(session: Session): void {
  const step = (name: string) => session.frames(name);

  it("should answer with words and code, run it, and end with words", () => {
    expect(step("answer")).toEqual([
      ...message("Let me see.\n"),
      ...code("x = 6 * 7\nprint(x)"),
      ...ran("42\n"),
      ...message("It is 42."),
      complete,
    ]);
  });

  it("should know what the program before left", () => {
    expect(step("state")).toEqual([...code("print(x + 1)"), ...ran("43\n"), ...message("It is 43."), complete]);
  });

  it("should say complete where code waits, and run it after go", () => {
    expect(step("code that waits")).toEqual([...code("print(2 * 3)"), complete]);
    expect(step("go")).toEqual([...ran("6\n"), ...message("Six."), complete]);
  });

  it.each(["binary", "no JSON", "number", "null", "end", "command content"])(
    "should answer a bad frame with an error and complete: %s",
    (name) => {
      expect(step(`bad: ${name}`)).toEqual(fault);
    },
  );

  it("should stream completions as chunks, without a last word", () => {
    const { status, lines = [] } = session.step("completions");
    const chunks = lines.map((line) => JSON.parse(line.replace(/^data: /, "")));
    expect(status).toBe(200);
    expect(new Set(chunks.map(({ object }) => object))).toEqual(new Set(["chat.completion.chunk"]));
    expect(chunks.map(({ choices }) => choices[0].delta.content).join("")).toBe("Hello.");
  });

  it("should work on after a program was stopped", () => {
    expect(step("before stop")).toEqual(begun);
    expect(step("bad frame after stop").slice(-2)).toEqual(fault);
    expect(step("after stop")).toEqual([...message("Still here."), complete]);
  });

  it("should ask the model that it was told of, with what was said", () => {
    const said = session.upstream?.requests.map(({ messages }) => messages.at(-1)?.content);
    const wanted = ["six times seven", "42", "one more", "43", "Multiply", "6", "Say hello", "Wait", "Still there"];
    expect(said?.slice(0, wanted.length)).toEqual(wanted.map((text) => expect.stringContaining(text)));
  });
}

/** A program that is interrupted says so, unless it has to be killed: its output is left open here, and nothing else. */
function expectStopped(frames: readonly Frame[]): void {
  expect(frames.filter(({ format }) => format !== "output")).toEqual(stopped);
}

const libraries = ["websockets", "websocket-client"] as const;

describe.each(libraries)("a classic client (%s) of our transport", (library) => {
  const session = new Session();
  const acknowledge = library === "websockets";
  beforeAll(() => session.run(() => startOurs({ acknowledge }), { library, apart: true }));

  itShouldSpeakAsTheOriginal(session);

  it("should be told complete once when it stops a program, after all that was printed", () => {
    expectStopped(session.frames("stop"));
    expect(session.frames("bad frame after stop")).toEqual(fault);
  });

  it("should be told that the profile bounds the model, where the original takes such bounds", () => {
    const text = "Setting llm.context_window is not supported with the value 16000";
    expect(session.http("bounds")).toEqual([200, [{ error: text }, 400]]);
  });

  it("should be told what its model really has, but for the key", () => {
    const [, body] = session.http("get llm");
    const { llm } = JSON.parse(String(body));
    expect(llm).toMatchObject({ model: "openai/scripted", api_base: session.upstream?.baseURL });
    expect(body).not.toContain("key-for-tests");
  });

  it("should hear its own answers alone, and nothing before it proved itself", () => {
    expect(session.frames("second client")).toEqual([...message("The second."), complete]);
    expectStopped(session.frames("first client"));
    expect(session.frames("second client heard")).toEqual(fault);
    expect(session.frames("stranger heard")).toEqual([{ auth: false }]);
  });

  it("should be given an id of its own in each frame when acknowledgements are wanted", () => {
    const frames = [...session.steps.values()].flatMap((step) => step.frames ?? []);
    const ids = frames.flatMap(({ auth, id }) => (auth === undefined ? [id] : []));
    expect(ids.length).toBeGreaterThan(50);
    if (acknowledge) expect(new Set(ids.filter((id) => typeof id === "string")).size).toBe(ids.length);
    else expect(new Set(ids)).toEqual(new Set([undefined]));
  });
});

describe.each(libraries)("a classic client (%s) of the original from PyPI", (library) => {
  const session = new Session();
  beforeAll(() => session.run(startOriginal, { library }), 1_200_000);

  itShouldSpeakAsTheOriginal(session);

  it("should see the form of what has no form in JSON, as we have it for the computer", () => {
    expect(session.http("get llm")).toEqual([200, [{ error: "Failed to serialize the setting value" }, 500]]);
  });
});
