import { useEffect, useRef, useState } from "react";
import { duration } from "../lib/format.ts";
import { t } from "../lib/i18n.ts";
import type { RunModel } from "../lib/run-model.ts";
import type { Span } from "../lib/run-spans.ts";
import { Button, Source, toneOf } from "./basics.tsx";

interface TimelineProps {
  readonly model: RunModel;
  /** Milliseconds since the start that are shown; undefined is all there is. */
  readonly cursor: number | undefined;
  readonly onCursor: (at: number | undefined) => void;
}

const speeds = [0.5, 1, 2, 5, 20];

/** When who was busy, and a hand on the clock. */
export function Timeline({ model, cursor, onCursor }: TimelineProps) {
  const total = Math.max(1, model.last);
  const lanes = lanesOf(model.spans.filter(({ kind }) => kind === "model" || kind === "exec"));
  return (
    <div className="timeline">
      {lanes.length === 0 ? null : (
        <div className="lanes">
          {lanes.map(({ name, source, bars }) => (
            <div key={name} className="lane">
              <span className="lane-name">
                <Source name={source} label={name} />
              </span>
              <span className="lane-track">
                {bars.map(({ seq, from, to = total, kind, status }) => (
                  <i
                    key={seq}
                    className={`${kind} ${status ?? ""}`}
                    style={{
                      left: `${(from / total) * 100}%`,
                      width: `${Math.max(0.4, ((to - from) / total) * 100)}%`,
                      background: status === "failed" ? undefined : toneOf(source),
                    }}
                    title={[name, duration(to - from), ...tellingOf(status)].join(" · ")}
                  />
                ))}
                {cursor === undefined ? null : <b className="hand" style={{ left: `${(cursor / total) * 100}%` }} />}
              </span>
            </div>
          ))}
        </div>
      )}
      <Player total={total} cursor={cursor} onCursor={onCursor} />
    </div>
  );
}

function tellingOf(status: string | undefined): readonly string[] {
  if (status === "failed") return [t("failed")];
  return status === "cut" ? [t("was cut off")] : [];
}

interface Replay {
  readonly playing: boolean;
  readonly speed: number;
  readonly total: number;
  readonly cursor: number | undefined;
  readonly onCursor: (at: number | undefined) => void;
  readonly onEnd: () => void;
}

/** Moves the cursor as time passes, up to the end of the run. */
function useReplay({ playing, speed, total, cursor, onCursor, onEnd }: Replay): void {
  const at = useRef(cursor ?? total);
  at.current = cursor ?? total;
  const ended = useRef(onEnd);
  ended.current = onEnd;
  useEffect(() => {
    if (!playing) return;
    let before = performance.now();
    const timer = setInterval(() => {
      const now = performance.now();
      const next = at.current + (now - before) * speed;
      before = now;
      if (next >= total) {
        ended.current();
        onCursor(undefined);
      } else onCursor(next);
    }, 50);
    return () => clearInterval(timer);
  }, [playing, speed, total, onCursor]);
}

function Player({
  total,
  cursor,
  onCursor,
}: {
  readonly total: number;
  readonly cursor: number | undefined;
  readonly onCursor: (at: number | undefined) => void;
}) {
  const [playing, setPlaying] = useState(false);
  const [speed, setSpeed] = useState(1);
  useReplay({ playing, speed, total, cursor, onCursor, onEnd: () => setPlaying(false) });
  return (
    <div className="player">
      <Button
        icon={playing ? "pause" : "play"}
        label={playing ? t("Stop the replay") : t("Replay")}
        onClick={() => {
          if (!playing && cursor === undefined) onCursor(0);
          setPlaying(!playing);
        }}
      />
      <input
        type="range"
        min={0}
        max={total}
        step={Math.max(1, total / 1000)}
        value={cursor ?? total}
        aria-label={t("Time in the run")}
        aria-valuetext={t("{now} of {total}", { now: duration(cursor ?? total), total: duration(total) })}
        onChange={(event) => {
          const value = Number(event.target.value);
          onCursor(value >= total ? undefined : value);
        }}
      />
      <select
        value={speed}
        aria-label={t("Speed of the replay")}
        onChange={(event) => setSpeed(Number(event.target.value))}
      >
        {speeds.map((each) => (
          <option key={each} value={each}>
            {each}×
          </option>
        ))}
      </select>
      <span className="muted number player-time">
        {t("{now} of {total}", { now: duration(cursor ?? total), total: duration(total) })}
      </span>
    </div>
  );
}

interface Lane {
  readonly name: string;
  readonly source: string;
  readonly bars: Span[];
}

function lanesOf(bars: readonly Span[]): readonly Lane[] {
  const lanes = new Map<string, Lane>();
  for (const bar of bars) {
    const name = bar.branch === undefined ? bar.source : `${bar.source} · ${t("branch {name}", { name: bar.branch })}`;
    const lane = lanes.get(name);
    if (lane === undefined) lanes.set(name, { name, source: bar.source, bars: [bar] });
    else lane.bars.push(bar);
  }
  return [...lanes.values()];
}
