import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { AnsiReader } from "../../../plugins/web-monitor/page/lib/ansi.ts";
import { ansiColours, contrast, legible } from "../../../plugins/web-monitor/page/lib/contrast.ts";

const css = readFileSync(new URL("../../../plugins/web-monitor/page/styles/tokens.css", import.meta.url), "utf8");

/** The colour that a program gets with these parameters. */
function lookOf(parameters: string) {
  const reader = new AnsiReader();
  reader.write(`\u001b[${parameters}mx`);
  return reader.line(0)[0]?.look ?? {};
}

describe("colours of a program on backgrounds of its own", () => {
  it("should be those of the page's style", () => {
    for (const [name, colour] of Object.entries(ansiColours)) expect(css).toContain(`${name}: ${colour};`);
  });

  it("should be read on every background of the palette, and stay as they are where they can be", () => {
    for (let back = 0; back < 256; back += 1) {
      const { background = "" } = lookOf(`48;5;${back}`);
      expect(contrast(background, "rgb(0 0 0)")).toBeLessThan(21.1);
      for (let front = 0; front < 256; front += 1) {
        const { color = "" } = lookOf(`38;5;${front}`);
        const shown = legible(color, background);
        expect(contrast(shown, background)).toBeGreaterThanOrEqual(4.5);
        if (contrast(color, background) >= 4.5) expect(shown).toBe(color);
      }
    }
  });
});
