import { Subject, toArray } from "rxjs";
import { describe, expect, it } from "vitest";
import type { RunEvent } from "../../../core/client/index.ts";
import { kept } from "../../../plugins/web-monitor/page/lib/run-streams.ts";

const event = (seq: number): RunEvent =>
  ({ run: "r", seq, time: "", source: "box", type: "exec-stdout", data: { text: `${seq}`, offset: seq } }) as RunEvent;

describe("a stream that is read by several", () => {
  it.each([1, 3, 7, 8, 9, 20, 100])(
    "should tell a late reader of all of %i events, or of how many it no longer has",
    (count) => {
      const source = new Subject<RunEvent>();
      const events$ = kept(source, { first: 3, newest: 4 });
      for (let seq = 1; seq <= count; seq += 1) source.next(event(seq));
      const read: RunEvent[] = [];
      events$.pipe(toArray()).subscribe((all) => read.push(...all));
      source.next(event(count + 1));
      source.complete();
      // Each number once: as an event, or within a gap.
      let next = 1;
      for (const { type, seq, data } of read) {
        expect(type === "gap" ? data.from : seq).toBe(next);
        next = (type === "gap" ? data.to : seq) + 1;
      }
      expect(next).toBe(count + 2);
      expect(read[0]?.type).toBe("exec-stdout");
      expect(read.length).toBeLessThan(3 + 5 + 1 + 1 + 1);
    },
  );
});
