import { describe, expect, it } from "vitest";
import { Turns } from "../../../plugins/queue-nats/turns.ts";

const place = (client: string, priority = "normal") => ({ client, priority });

describe("whose turn it is", () => {
  it("should be the client's with the fewest runs here, of the highest priority", () => {
    const turns = new Turns();
    turns.knowAll([place("a"), place("b"), place("b", "high")]);
    turns.took(place("a"));
    expect(turns.order()).toEqual([place("b", "high"), place("b"), place("a")]);
    turns.gave(place("a"));
    turns.took(place("b"));
    expect(turns.order().at(-1)).toEqual(place("b"));
  });

  it("should remember no client that has nothing left", () => {
    const turns = new Turns();
    for (let count = 0; count < 1_000; count += 1) turns.know(place(`client-${count}`));
    turns.took(place("client-7"));
    turns.knowAll([place("new")]);
    expect(turns.order()).toEqual([place("new"), place("client-7")]);
    turns.gave(place("client-7"));
    turns.knowAll([place("new")]);
    expect(turns.order()).toEqual([place("new")]);
  });
});
