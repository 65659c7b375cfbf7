import { useMemo } from "react";
import type { FlowNode } from "../../../../core/contract/index.ts";
import { box, layoutFlow } from "../lib/flow-layout.ts";
import { rate } from "../lib/format.ts";
import { figures, instances } from "../lib/hub.ts";
import { t } from "../lib/i18n.ts";
import { setQuery } from "../lib/router.ts";
import { useStore } from "../lib/store.ts";
import { Status } from "./basics.tsx";

type Drawing = ReturnType<typeof layoutFlow>;

/** Room for the words "in" and "out" on both sides. */
const margin = 56;

function sizeWithMargin({ width, height }: Drawing) {
  return { width: width + 2 * margin, height: height + 40 };
}

/** A flow as a picture: boxes are buttons, and so are the figures on lines. */
export function Graph({ node, name }: { readonly node: FlowNode; readonly name: string }) {
  const drawing = useMemo(() => layoutFlow(node), [node]);
  const { history } = useStore(figures);
  const now = history.at(-1)?.sources;
  const { width, height } = sizeWithMargin(drawing);
  return (
    <div className="graph" tabIndex={0} role="group" aria-label={t("Drawing of the flow {name}", { name })}>
      <div className="graph-inner" style={{ width, height }}>
        <Lines drawing={drawing} now={now} />
        {drawing.lines.map(({ label, from, path }) =>
          label === undefined || from === undefined ? null : (
            <button
              type="button"
              key={path}
              className="graph-rate number"
              style={{ left: label.x + margin, top: label.y + 20 }}
              aria-label={t("{rate} from {source}: look", { rate: rate(now?.get(from) ?? 0), source: from })}
              onClick={() => setQuery({ tap: from })}
            >
              {rate(now?.get(from) ?? 0)}
            </button>
          ),
        )}
        <Boxes drawing={drawing} />
      </div>
    </div>
  );
}

function Lines({ drawing, now }: { readonly drawing: Drawing; readonly now: ReadonlyMap<string, number> | undefined }) {
  const { width, height } = sizeWithMargin(drawing);
  const middle = drawing.height / 2;
  return (
    <svg width={width} height={height} viewBox={`${-margin} -20 ${width} ${height}`} aria-hidden="true">
      <Arrow />
      <Frames frames={drawing.frames} />
      <path className="graph-line" d={`M${-margin + 34} ${middle}H-6`} markerEnd="url(#arrow)" />
      <path
        className="graph-line"
        d={`M${drawing.width + 4} ${middle}H${drawing.width + margin - 36}`}
        markerEnd="url(#arrow)"
      />
      <text className="graph-end" x={-margin + 4} y={middle + 4}>
        {t("in")}
      </text>
      <text className="graph-end" x={drawing.width + margin - 30} y={middle + 4}>
        {t("out")}
      </text>
      {drawing.lines.map(({ path, back, from, joins }) => (
        <path
          key={path}
          className={`graph-line${back ? " back" : ""}${from !== undefined && (now?.get(from) ?? 0) > 0 ? " flowing" : ""}`}
          d={path}
          markerEnd={joins ? undefined : "url(#arrow)"}
        />
      ))}
    </svg>
  );
}

function Arrow() {
  return (
    <defs>
      <marker
        id="arrow"
        viewBox="0 0 8 8"
        refX="7"
        refY="4"
        markerUnits="userSpaceOnUse"
        markerWidth="10"
        markerHeight="10"
        orient="auto-start-reverse"
      >
        <path d="M0 0L8 4L0 8z" />
      </marker>
    </defs>
  );
}

function Frames({ frames }: { readonly frames: Drawing["frames"] }) {
  return frames.map(({ kind, label, x, y, width: w, height: h }) =>
    w === 0 ? (
      <text key={`${label}${x}${y}`} className="graph-condition" x={x} y={y}>
        {label}
      </text>
    ) : (
      <g key={`${label}${x}${y}`} className={`graph-frame graph-${kind}`}>
        <rect x={x} y={y} width={w} height={h} rx="12" />
        <text x={x + 14} y={y + 20}>
          {label}
        </text>
      </g>
    ),
  );
}

function Boxes({ drawing }: { readonly drawing: Drawing }) {
  const states = useStore(instances);
  return drawing.boxes.map(({ id, kind, x, y }) => {
    const state = states.find((each) => each.id === id);
    return (
      <button
        type="button"
        key={`${id}${x}${y}`}
        className={`graph-box state-${state?.status ?? "stopped"}`}
        style={{ left: x + margin, top: y + 20, width: box.width, height: box.height }}
        onClick={() => setQuery({ instance: id })}
      >
        <b>{id}</b>
        <small>{t(kind)}</small>
        <Status status={state?.status ?? "stopped"} />
      </button>
    );
  });
}
