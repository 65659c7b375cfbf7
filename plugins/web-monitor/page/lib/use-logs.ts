import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import type { FeedEvent } from "../../../../core/client/index.ts";
import { say } from "../parts/dialog.tsx";
import { client, paused } from "./hub.ts";
import { t } from "./i18n.ts";
import { LogBuffer, type LogRow, rowOf } from "./log-buffer.ts";
import { parseQuery } from "./query.ts";
import { useStore } from "./store.ts";

/** The entry that a link names: of those that are here, else asked of the host. */
export function useEntry(seq: number, shown: LogRow | undefined): LogRow | undefined {
  const connected = useStore(client);
  const [found, setFound] = useState<LogRow>();
  const missing = seq > 0 && shown === undefined;
  useEffect(() => {
    if (!missing) return;
    let over = false;
    connected?.call<{ event: FeedEvent }>("host.entry", { seq }).then(
      ({ event }) => !over && setFound(rowOf(seq, event, false)),
      () => !over && say(t("Entry {n} has left the host's memory.", { n: seq }), "bad"),
    );
    return () => {
      over = true;
    };
  }, [connected, seq, missing]);
  return shown ?? (found?.seq === seq ? found : undefined);
}

/** Milliseconds between two drawings, each of which looks through all rows; longer where more comes than is shown. */
const pauses = { calm: 100, flood: 250 } as const;

/** The log as the host filters it for this query. */
export function useLogs(text: string, follow: boolean) {
  const connected = useStore(client);
  const halted = useStore(paused);
  const [, draw] = useState(0);
  const [fresh, setFresh] = useState(0);
  // What was searched for last, of what the host has answered: before that nobody knows whether nothing fits.
  const [answered, setAnswered] = useState<string>();
  const buffer = useMemo(() => new LogBuffer(), []);
  const watching = useRef({ follow, halted });
  watching.current = { follow, halted };
  useEffect(() => {
    buffer.clear();
    draw(buffer.version);
    setFresh(0);
    setAnswered(undefined);
    const { filter, pattern } = parseQuery(text);
    const accepts = (row: LogRow) => pattern === undefined || pattern.test(row.text);
    let timer: ReturnType<typeof setTimeout> | undefined;
    let drawn = 0;
    const subscription = connected?.watch({ filter, history: 2_000 }).subscribe({
      next: (batch) => {
        const added = buffer.take(batch, accepts);
        setAnswered(text);
        if (watching.current.halted) return;
        timer ??= setTimeout(
          () => {
            timer = undefined;
            drawn = performance.now();
            draw(buffer.version);
          },
          pauses[batch.missing === undefined ? "calm" : "flood"] - (performance.now() - drawn),
        );
        if (!watching.current.follow) setFresh((before) => before + added);
      },
      error: () => undefined,
    });
    return () => {
      subscription?.unsubscribe();
      clearTimeout(timer);
    };
  }, [buffer, connected, text]);
  const seen = useCallback(() => setFresh(0), []);
  return { buffer, fresh, seen, isJudged: answered === text };
}
