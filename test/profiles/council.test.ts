import { describe, expect, it } from "vitest";
import { speak, Upstream } from "../core/kit/upstream/upstream.ts";
import { cast, endOf, play, scripted, transcript } from "./cast.ts";

const chairAt = ({ url }: Upstream) => ({
  use: "llm-openai-compatible",
  with: { model: "any", baseURL: `${url}/v1`, tools: "never" },
});

describe("the profile council", () => {
  it("should let the chair read every member's answer, under its name", async () => {
    await using upstream = await Upstream.start(speak("Claude is right: it is 4."));
    await using test = await cast("council", {
      gpt: scripted("It is 5."),
      claude: scripted("It is 4."),
      gemini: scripted({ error: { code: "SLUICE_MODEL_OVERLOADED" } }),
      tiny: scripted("Maybe 4."),
      chair: chairAt(upstream),
    });
    const events = await play(test, "chat", "What is 2 + 2?");
    expect(endOf(events).status).toBe("ok");
    expect(transcript(events).at(-1)).toEqual({ who: "chair", said: "Claude is right: it is 4." });
    const asked = JSON.stringify(upstream.bodies[0]?.["messages"]);
    for (const said of ["What is 2 + 2?", "gpt: It is 5.", "claude: It is 4.", "tiny: Maybe 4."]) {
      expect(asked).toContain(said);
    }
    // A member that fails harms no other, and the journal says so.
    expect(events.find(({ type }) => type === "error")).toMatchObject({
      branch: "2",
      data: { code: "SLUICE_MODEL_OVERLOADED" },
    });
  });

  it("should show no member another's answer", async () => {
    const alone = (said: string) => ({ expect: "What is 2 + 2?", text: said });
    await using test = await cast("council", {
      gpt: scripted(alone("5")),
      claude: scripted(alone("4")),
      tiny: scripted(alone("6"), "It is 4."),
    });
    const events = await play(test, "chat", "What is 2 + 2?");
    // Without a key for the chair or its deputy, the local model has the last word.
    expect(transcript(events).at(-1)).toEqual({ who: "tiny", said: "It is 4." });
    expect(endOf(events).status).toBe("ok");
  });

  it("should let every member try its code in a sandbox of its own", async () => {
    const member = (value: number) =>
      scripted(
        { text: "I try.", code: `value = globals().get("value", 0) + ${value}\nprint(value)` },
        `I found ${value}.`,
      );
    await using test = await cast("council", {
      gpt: member(1),
      claude: member(2),
      gemini: member(3),
      tiny: scripted("I know nothing.", "It is 1, 2 or 3."),
    });
    const events = await play(test, "workshop", "Find a number.");
    const printed = events.flatMap((event) => (event.type === "exec-stdout" ? [event.data.text] : []));
    expect(printed.toSorted()).toEqual(["1\n", "2\n", "3\n"]);
    expect(transcript(events).at(-1)).toEqual({ who: "tiny", said: "It is 1, 2 or 3." });
  });
});
