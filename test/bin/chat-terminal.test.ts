import { PassThrough } from "node:stream";
import { describe, expect, it } from "vitest";
import { asOneLine, PastedInput, withFeeds } from "../../bin/chat/terminal.ts";

/** What readline is given for these pieces of terminal input. */
async function read(...pieces: string[]): Promise<string> {
  const stdin = new PassThrough();
  const input = new PastedInput(stdin as unknown as NodeJS.ReadStream);
  let seen = "";
  input.on("data", (chunk: string) => {
    seen += chunk;
  });
  for (const piece of pieces) stdin.write(piece);
  stdin.end();
  await new Promise((resolve) => input.once("end", resolve));
  return seen;
}

const [begin, end] = ["\u001b[200~", "\u001b[201~"];

describe("what is pasted into a chat", () => {
  it("should be one line with its line ends shown, and the Enter after it an Enter", async () => {
    expect(await read(`${begin}a\rb\r\nc\n${end}\r`)).toBe("a\u2424b\u2424c\u2424\r");
    expect(withFeeds("a\u2424b")).toBe("a\nb");
    expect(withFeeds(asOneLine("a\nb\n"))).toBe("a\nb\n");
  });

  it("should be found however the marks are cut", async () => {
    const text = `x${begin}a\rb${end}y`;
    for (let at = 0; at <= text.length; at += 1)
      expect(await read(text.slice(0, at), text.slice(at))).toBe("xa\u2424by");
    expect(await read(...text)).toBe("xa\u2424by");
  });

  it("should hold no key, and no command to the terminal", async () => {
    expect(await read(`${begin}a\tb\u0003\u001b[2Kc\u007f${end}`)).toBe("a    b[2Kc");
  });

  it("should let keys through as they are", async () => {
    expect(await read("a\u001b[A", "\u001b", "\u0003\t\r")).toBe("a\u001b[A\u001b\u0003\t\r");
  });
});
