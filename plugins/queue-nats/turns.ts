import type { WorkPlace } from "../../core/kit/index.ts";

const priorities = ["high", "normal", "low"];

interface ClientTurn {
  readonly place: WorkPlace;
  /** Runs of it that this host has. */
  running: number;
  /** When it was its turn last. */
  served: number;
}

/** Whose turn it is: of the highest priority, the client that has the fewest runs here, then the one served longest ago. */
export class Turns {
  readonly #turns = new Map<string, ClientTurn>();
  #count = 0;

  know(place: WorkPlace): void {
    const key = keyOf(place);
    if (!this.#turns.has(key)) this.#turns.set(key, { place, running: 0, served: 0 });
  }

  /** All places where there is something; of the others, those are forgotten that have nothing here. */
  knowAll(places: readonly WorkPlace[]): void {
    const keys = new Set(places.map(keyOf));
    for (const [key, { running }] of this.#turns) if (running === 0 && !keys.has(key)) this.#turns.delete(key);
    for (const place of places) this.know(place);
  }

  order(): readonly WorkPlace[] {
    return [...this.#turns.values()]
      .sort(
        (one, other) =>
          priorities.indexOf(one.place.priority) - priorities.indexOf(other.place.priority) ||
          one.running - other.running ||
          one.served - other.served,
      )
      .map(({ place }) => place);
  }

  took(place: WorkPlace): void {
    const turn = this.#turns.get(keyOf(place));
    if (turn === undefined) return;
    this.#count += 1;
    turn.served = this.#count;
    turn.running += 1;
  }

  gave(place: WorkPlace): void {
    const turn = this.#turns.get(keyOf(place));
    if (turn !== undefined) turn.running -= 1;
  }
}

function keyOf({ priority, client }: WorkPlace): string {
  return `${priority} ${client}`;
}
