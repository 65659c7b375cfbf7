/**
 * Gathers one message from lines: a line that ends with a backslash goes on in the next one. Between two lines that are
 * `"""` everything is taken as it is.
 */
export class MultiLine {
  #lines: string[] = [];
  #quoted = false;

  /** Whether the next line belongs to a message that has begun. */
  get open(): boolean {
    return this.#quoted || this.#lines.length > 0;
  }

  /** The whole message, or undefined while it goes on. */
  push(line: string): string | undefined {
    if (line.trim() === '"""') {
      this.#quoted = !this.#quoted;
      return this.#quoted ? undefined : this.#take();
    }
    if (this.#quoted) {
      this.#lines.push(line);
      return undefined;
    }
    if (line.endsWith("\\")) {
      this.#lines.push(line.slice(0, -1));
      return undefined;
    }
    this.#lines.push(line);
    return this.#take();
  }

  reset(): void {
    this.#lines = [];
    this.#quoted = false;
  }

  #take(): string {
    const message = this.#lines.join("\n");
    this.reset();
    return message;
  }
}
