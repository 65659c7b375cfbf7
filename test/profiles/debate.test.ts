import { describe, expect, it } from "vitest";
import { modelHome } from "../e2e/cli-kit.ts";
import { cast, endOf, play, pullLocalModel, scripted, transcript } from "./cast.ts";

const turns = (side: string, count: number) =>
  scripted(...Array.from({ length: count }, (_, n) => `${side} ${n + 1}.`));

describe("the profile debate", () => {
  it("should let each side answer the other for four turns, and say who said what", async () => {
    await using test = await cast("debate", {
      pro: scripted(
        { expect: "Tabs or spaces?", text: "For 1." },
        { expect: "Against 1.", text: "For 2." },
        "For 3.",
        "For 4.",
      ),
      con: scripted(
        { expect: "For 1.", text: "Against 1." },
        { expect: "For 2.", text: "Against 2." },
        "Against 3.",
        "Against 4.",
      ),
    });
    const events = await play(test, "debate", "Tabs or spaces?");
    expect(endOf(events).status).toBe("ok");
    expect(transcript(events)).toEqual(
      [1, 2, 3, 4].flatMap((n) => [
        { who: "pro", said: `For ${n}.` },
        { who: "con", said: `Against ${n}.` },
      ]),
    );
  });

  it("should end with a verdict on what both said", async () => {
    await using test = await cast("debate", {
      pro: turns("For", 2),
      con: turns("Against", 2),
      judge: scripted({ expect: "Against 2.", text: "The second side." }),
    });
    const said = transcript(await play(test, "chat", "Tabs or spaces?"));
    expect(said.map(({ who }) => who)).toEqual(["pro", "con", "pro", "con", "judge"]);
    expect(said.at(-1)?.said).toBe("The second side.");
  });

  it("should hold four turns with a model on this machine as the third voice", async () => {
    await pullLocalModel();
    await using test = await cast(
      "debate",
      {
        pro: turns("For", 4),
        con: turns("Against", 4),
        tiny: { use: "llm-local", with: { maxTokens: 24 } },
      },
      { env: { SLUICE_HOME: modelHome } },
    );
    const events = await play(test, "panel", "Is a cat better than a dog?");
    expect(endOf(events).status).toBe("ok");
    const said = transcript(events);
    expect(said.map(({ who }) => who)).toEqual([1, 2, 3, 4].flatMap(() => ["pro", "con", "tiny"]));
    const voices = said.filter(({ who }) => who === "tiny").map((line) => line.said.trim());
    expect(voices.filter((line) => line === "")).toEqual([]);
    expect(said.filter(({ who }) => who === "con").map((line) => line.said)).toEqual([
      "Against 1.",
      "Against 2.",
      "Against 3.",
      "Against 4.",
    ]);
  });
});
