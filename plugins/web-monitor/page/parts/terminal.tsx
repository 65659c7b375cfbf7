import { useVirtualizer } from "@tanstack/react-virtual";
import { useLayoutEffect, useRef, useState } from "react";
import { cutText } from "../../../../core/client/index.ts";
import type { AnsiReader, Line, Look } from "../lib/ansi.ts";
import { contrast, legible } from "../lib/contrast.ts";
import { t } from "../lib/i18n.ts";

/** Characters of one line that are drawn at first. */
const most = 16 * 1024;

const upwards = new Set(["ArrowUp", "PageUp", "Home"]);

/** A program's output: many lines, of which only those in sight are drawn. */
export function Terminal({
  reader,
  lines,
  tall = false,
  label,
}: {
  readonly reader: AnsiReader;
  readonly lines: number;
  readonly tall?: boolean;
  readonly label: string;
}) {
  const scroller = useRef<HTMLDivElement>(null);
  const list = useVirtualizer({
    count: lines,
    getScrollElement: () => scroller.current,
    estimateSize: () => 20,
    overscan: 20,
  });
  // Lines are measured once they are drawn, so that the height changes after each scroll.
  const height = list.getTotalSize();
  const handlers = useEndInSight(scroller, lines, height);
  if (lines === 0) return <p className="muted terminal-none">{t("It printed nothing.")}</p>;
  return (
    <div
      ref={scroller}
      className={`terminal${tall ? " tall" : ""}`}
      role="log"
      aria-live="off"
      aria-label={label}
      tabIndex={0}
      {...handlers}
    >
      <div style={{ height }} className="terminal-body">
        {list.getVirtualItems().map((item) => (
          <div
            key={item.key}
            data-index={item.index}
            ref={list.measureElement}
            className="terminal-line"
            style={{ transform: `translateY(${item.start}px)` }}
          >
            <TerminalLine line={reader.line(item.index)} />
          </div>
        ))}
      </div>
    </div>
  );
}

/** Keeps the end in sight until a person scrolls up, and again once they are back at it. */
function useEndInSight(scroller: React.RefObject<HTMLDivElement | null>, lines: number, height: number) {
  const stuck = useRef(true);
  /** A hand is on the scroll bar, or a finger on the text. */
  const held = useRef(false);
  // biome-ignore lint/correctness/useExhaustiveDependencies: more lines, or taller ones, move the end
  useLayoutEffect(() => {
    if (stuck.current && scroller.current !== null) scroller.current.scrollTop = scroller.current.scrollHeight;
  }, [lines, height]);
  const letGo = () => {
    held.current = false;
  };
  // A scroll event does not tell who scrolled: lines that come and go move the text as well.
  return {
    onWheel({ deltaY }: React.WheelEvent) {
      if (deltaY < 0) stuck.current = false;
    },
    onKeyDown({ key }: React.KeyboardEvent) {
      if (upwards.has(key)) stuck.current = false;
    },
    onPointerDown() {
      held.current = true;
    },
    onPointerUp: letGo,
    onPointerCancel: letGo,
    onTouchMove() {
      stuck.current = false;
    },
    onScroll({ currentTarget: { scrollTop, scrollHeight, clientHeight } }: React.UIEvent) {
      const isAtEnd = scrollHeight - scrollTop - clientHeight < 30;
      if (isAtEnd) stuck.current = true;
      else if (held.current) stuck.current = false;
    },
  };
}

function TerminalLine({ line }: { readonly line: Line }) {
  const [whole, setWhole] = useState(false);
  const length = line.reduce((sum, { text }) => sum + text.length, 0);
  let room = whole ? Number.POSITIVE_INFINITY : most;
  const spans = line.flatMap(({ text, look }, index) => {
    const part = cutText(text, room);
    room -= text.length;
    return part === ""
      ? []
      : [
          <span key={index} style={styleOf(look)}>
            {part}
          </span>,
        ];
  });
  return (
    <>
      {spans.length === 0 ? "\u200b" : spans}
      {length > most && !whole ? (
        <button type="button" className="terminal-more" onClick={() => setWhole(true)}>
          {t("load {n|the # character|all # characters} of this line", { n: length })}
        </button>
      ) : null}
    </>
  );
}

function styleOf(look: Look): React.CSSProperties {
  const [color, background] = look.inverse
    ? [look.background ?? "var(--terminal)", look.color ?? "var(--terminal-text)"]
    : [look.background === undefined ? look.color : (look.color ?? "var(--terminal-text)"), look.background];
  const behind = background ?? "var(--terminal)";
  const shown = color === undefined ? undefined : legible(color, behind);
  // A quarter less of a colour that is just readable would be unreadable.
  const canDim = contrast(shown ?? "var(--terminal-text)", behind) >= 8;
  return {
    ...(shown === undefined ? {} : { color: shown }),
    ...(background === undefined ? {} : { background }),
    ...(look.bold ? { fontWeight: 700 } : {}),
    ...(look.dim && canDim ? { opacity: 0.75 } : {}),
    ...(look.italic ? { fontStyle: "italic" } : {}),
    ...(look.underline || look.strike
      ? { textDecoration: `${look.underline ? "underline" : ""} ${look.strike ? "line-through" : ""}` }
      : {}),
  };
}
