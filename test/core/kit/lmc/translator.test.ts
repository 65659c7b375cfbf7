import { describe, expect, it } from "vitest";
import type { ModelEvent } from "../../../../core/contract/model.ts";
import { errorAtEnd } from "../../../../core/kit/lmc/traceback.ts";
import { LmcTranslator } from "../../../../core/kit/lmc/translator.ts";
import { activeLine, coded, printed, said } from "./fake-lmc-server.ts";

function translate(...frames: object[]): ModelEvent[] {
  const events: ModelEvent[] = [];
  const translator = new LmcTranslator({ emit: (event) => events.push(event), now: () => 0, container: "c" });
  for (const frame of frames) translator.translate(frame);
  translator.end();
  return events;
}

const kinds = (events: readonly ModelEvent[]) =>
  events.map((event) => (event.type === "exec" ? event.event.type : event.type));

describe("the chunks of an answer", () => {
  it("should give a program's pictures and pages as results, without ending it", () => {
    const events = translate(
      coded("plot()"),
      activeLine(1),
      { role: "computer", type: "console", end: true },
      { role: "computer", type: "image", format: "base64.png", start: true },
      { role: "computer", type: "image", format: "base64.png", content: "aWNv" },
      { role: "computer", type: "code", format: "html", content: "<p>" },
      { role: "computer", type: "code", format: "javascript", content: "go()" },
      printed("5"),
      activeLine(null),
    );
    expect(kinds(events)).toEqual([
      ...["code-delta", "exec-start", "exec-result", "exec-result", "exec-result", "exec-stdout", "exec-end"],
    ]);
    expect(events.flatMap((event) => (event.type === "exec" ? [event.event.data] : []))).toMatchObject([
      { language: "python", code: "plot()", container: "c" },
      { data: { "image/png": "aWNv" } },
      { data: { "text/html": "<p>" } },
      { data: { "application/javascript": "go()" } },
      { text: "5", offset: 0 },
      { status: "exited", exitCode: 0 },
    ]);
  });

  it("should tell blocks of code apart, those that follow each other as well", () => {
    const start = { role: "assistant", type: "code", format: "python", start: true };
    const events = translate(start, coded("1"), start, coded("2"), coded("ls", "shell"), said("x"), coded("3"));
    const indexes = events.flatMap((event) => (event.type === "code-delta" ? [event.index] : []));
    expect(indexes).toEqual([0, 1, 2, 3]);
  });

  it("should end a program when the model goes on, where the server does not say it", () => {
    expect(kinds(translate(coded("1"), printed("1"), said("one")))).toEqual([
      ...["code-delta", "exec-start", "exec-stdout", "exec-end", "text-delta"],
    ]);
  });

  it("should lose no output that comes after a program's end", () => {
    expect(kinds(translate(coded("1"), activeLine(1), activeLine(null), printed("late")))).toEqual([
      ...["code-delta", "exec-start", "exec-end", "exec-start", "exec-stdout", "exec-end"],
    ]);
  });

  it("should fail a Python program whose output ends with a traceback, and no other", () => {
    const traceback = "Traceback (most recent call last):\n  File x\nNameError: name 'y' is not defined\n";
    const ends = (language: string) =>
      translate(coded("y", language), printed("before\n"), printed(traceback), activeLine(null)).flatMap((event) =>
        event.type === "exec" && event.event.type === "exec-end" ? [event.event.data] : [],
      );
    expect(ends("python")).toMatchObject([
      { status: "exited", exitCode: 1, error: { name: "NameError", message: "name 'y' is not defined" } },
    ]);
    expect(ends("shell")).toMatchObject([{ status: "exited", exitCode: 0 }]);
  });
});

describe("an error at the end of an output", () => {
  it.each([
    [
      "IPython's",
      "-----\nZeroDivisionError                         Traceback (most recent call last)\nCell In[2], line 1\n----> 1 1 / 0\n\nZeroDivisionError: division by zero",
      { name: "ZeroDivisionError", message: "division by zero" },
    ],
    [
      "a syntax error's, which has no heading",
      "  Cell In[1], line 1\n    print(\n         ^\nSyntaxError: incomplete input\n",
      { name: "SyntaxError", message: "incomplete input" },
    ],
    [
      "one of the program's own kind",
      "Oops                      Traceback (most recent call last)\nCell In[2], line 1\nOops: broken\nsecond line",
      { name: "Oops", message: "broken" },
    ],
    [
      "one without a message",
      "Traceback (most recent call last):\n  File x\nKeyboardInterrupt",
      { name: "KeyboardInterrupt", message: "" },
    ],
  ])("should be found: %s", (_name, output, error) => {
    expect(errorAtEnd(output)).toEqual(error);
  });

  it.each(["", "42\n", "ValueError: is what people call it", "Warning: nothing\n"])(
    "should not be found where there is none: %j",
    (output) => {
      expect(errorAtEnd(output)).toBeUndefined();
    },
  );
});
