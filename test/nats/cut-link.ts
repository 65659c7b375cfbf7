import { connect, createServer, type Server, type Socket } from "node:net";
import { onTestFinished } from "vitest";

/** How a link breaks: bytes wait and nobody is told; both ends are closed; both are reset. */
export type Cut = "stalled" | "dropped" | "reset";

/** A link to a server that a test can cut and mend. */
export class CutLink {
  readonly #server: Server;
  readonly #pairs = new Set<readonly [Socket, Socket]>();
  #cut: Cut | undefined;

  private constructor(port: number) {
    this.#server = createServer((near) => {
      near.on("error", () => undefined);
      if (this.#cut === "stalled") return near.pause();
      if (this.#cut !== undefined) return this.#cut === "reset" ? near.resetAndDestroy() : near.destroy();
      const far = connect(port, "127.0.0.1");
      const pair = [near, far] as const;
      this.#pairs.add(pair);
      far.on("error", () => near.destroy());
      for (const [from, to] of [pair, [far, near] as const]) {
        from.on("data", (piece) => void to.write(piece));
        from.on("close", () => {
          to.destroy();
          this.#pairs.delete(pair);
        });
      }
      return undefined;
    });
  }

  static async to(url: string): Promise<CutLink> {
    const link = new CutLink(Number(new URL(url).port));
    await new Promise<void>((resolve) => link.#server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => link.#close());
    return link;
  }

  get url(): string {
    const { port } = this.#server.address() as { port: number };
    return `nats://127.0.0.1:${port}`;
  }

  cut(how: Cut): void {
    this.#cut = how;
    for (const sockets of this.#pairs) {
      for (const socket of sockets) {
        if (how === "stalled") socket.pause();
        else if (how === "reset") socket.resetAndDestroy();
        else socket.destroy();
      }
    }
  }

  mend(): void {
    this.#cut = undefined;
    for (const sockets of this.#pairs) for (const socket of sockets) socket.resume();
  }

  #close(): void {
    for (const sockets of this.#pairs) for (const socket of sockets) socket.destroy();
    this.#server.close();
  }
}
