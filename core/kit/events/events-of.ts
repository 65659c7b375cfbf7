import type { EventOf, RunEvent } from "../../contract/event.ts";
import type { JournalPage } from "../../contract/host.ts";

/** A hole in a journal as an event, in the place of the last one that is missing. */
function gapEvent(run: string, page: Extract<JournalPage, { kind: "gap" }>): EventOf<"gap"> {
  const { from, to, reason } = page;
  return { run, seq: to, time: new Date().toISOString(), source: "core", type: "gap", data: { from, to, reason } };
}

/** The events of pages; a hole is told of by a `gap`. */
export async function* eventsOf(run: string, pages: AsyncIterable<JournalPage>): AsyncGenerator<RunEvent> {
  for await (const page of pages) {
    if (page.kind === "gap") yield gapEvent(run, page);
    else for (const { event } of page.entries) yield event;
  }
}
