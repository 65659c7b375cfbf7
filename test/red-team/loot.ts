/** A text as attackers may find it: plainly, or as something that is easily turned back. Nothing of the host's is used. */
export function formsOf(text: string): readonly string[] {
  const bytes = Buffer.from(text);
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0"));
  const base64 = [0, 1, 2].flatMap((before) => {
    const whole = Buffer.concat([Buffer.alloc(before), bytes]);
    // Without the groups that hold what stands before and after it.
    const certain = (encoding: "base64" | "base64url") =>
      whole.toString(encoding).slice(before === 0 ? 0 : 4, 4 * Math.floor(whole.length / 3));
    return [certain("base64"), certain("base64url")];
  });
  const escaped = hex.map((each) => `\\u00${each}`).join("");
  const percent = hex.map((each) => `%${each}`).join("");
  // What is told as JSON has its backslashes doubled.
  const hexadecimal = [hex.join(""), hex.join(" "), hex.map((each) => `\\x${each}`).join(""), percent, escaped];
  return [text, ...base64, ...hexadecimal.flatMap((form) => [form, form.replaceAll("\\", "\\\\")])].flatMap((form) =>
    form === text ? [form] : [form, form.toUpperCase().replaceAll("\\U", "\\u").replaceAll("\\X", "\\x")],
  );
}

/** What the pieces of streams make when somebody puts them together. */
export function joined(messages: readonly string[]): string {
  const streams = new Map<string, string>();
  for (const message of messages) {
    const { event } = JSON.parse(message) as { event?: { run: string; type: string; data: { text?: unknown } } };
    if (typeof event?.data.text !== "string") continue;
    const key = `${event.run} ${event.type}`;
    streams.set(key, (streams.get(key) ?? "") + event.data.text);
  }
  return [...streams.values()].join("\n");
}
