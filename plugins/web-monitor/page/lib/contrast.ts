type Colour = readonly [red: number, green: number, blue: number];

/** Those of tokens.css, which are the same in both themes: a terminal is dark in each. */
export const ansiColours: Readonly<Record<string, string>> = {
  "--terminal": "#0c1113",
  "--terminal-text": "#dbe4e5",
  "--ansi-black": "#7d8b8f",
  "--ansi-red": "#ff8a80",
  "--ansi-green": "#7fd6a0",
  "--ansi-yellow": "#f0c266",
  "--ansi-blue": "#86b8f7",
  "--ansi-magenta": "#d9a5f5",
  "--ansi-cyan": "#6fd3d8",
  "--ansi-white": "#dbe4e5",
  "--ansi-bright-black": "#93a1a5",
  "--ansi-bright-red": "#ffa8a0",
  "--ansi-bright-green": "#a2e8bd",
  "--ansi-bright-yellow": "#ffd98c",
  "--ansi-bright-blue": "#aacffb",
  "--ansi-bright-magenta": "#e8c3fb",
  "--ansi-bright-cyan": "#9be6ea",
  "--ansi-bright-white": "#ffffff",
};

/** The least that WCAG 2.1 AA asks for text. */
const least = 4.5;
const dark = "rgb(0 0 0)";
const light = "rgb(255 255 255)";

/** A program's colour where it can be read on that background, else black or white. */
export function legible(color: string, background: string): string {
  if (contrast(color, background) >= least) return color;
  return contrast(dark, background) > contrast(light, background) ? dark : light;
}

/** By WCAG 2.1, from 1 to 21. Of a colour that is not known nothing is said: 21. */
export function contrast(one: string, other: string): number {
  const [first, second] = [parsed(one), parsed(other)];
  if (first === undefined || second === undefined) return 21;
  const [a, b] = [luminance(first), luminance(second)];
  return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
}

function parsed(color: string): Colour | undefined {
  const name = /^var\((--[\w-]+)\)$/.exec(color)?.[1];
  const written = name === undefined ? color : (ansiColours[name] ?? "");
  const hex = /^#(..)(..)(..)$/.exec(written);
  if (hex !== null) return [Number(`0x${hex[1]}`), Number(`0x${hex[2]}`), Number(`0x${hex[3]}`)];
  const rgb = /^rgb\((\d+) (\d+) (\d+)\)$/.exec(written);
  return rgb === null ? undefined : [Number(rgb[1]), Number(rgb[2]), Number(rgb[3])];
}

function luminance(colour: Colour): number {
  const [red, green, blue] = colour.map((value) => {
    const share = value / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  }) as unknown as Colour;
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
