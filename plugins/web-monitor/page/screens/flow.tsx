import { useMemo } from "react";
import { box, conditionOf, type FlowNode, labelOf, layoutFlow } from "../lib/flow-layout.ts";
import { rate } from "../lib/format.ts";
import { figures, instances } from "../lib/hub.ts";
import { t } from "../lib/i18n.ts";
import { go, hrefOf, setQuery, usePlace } from "../lib/router.ts";
import { useStore } from "../lib/store.ts";
import { useApi } from "../lib/use-api.ts";
import { Button, Command, Empty, RefusalNote, Status } from "../parts/basics.tsx";
import { Dialog } from "../parts/dialog.tsx";
import { InstanceDrawer } from "../parts/instance-drawer.tsx";
import { Tap } from "../parts/tap.tsx";

export function FlowScreen({ name }: { readonly name: string | undefined }) {
  const { value, refusal } = useApi<{ nodes: Record<string, FlowNode> }>("flows");
  const { query } = usePlace();
  const names = Object.keys(value?.nodes ?? {});
  // The largest one tells most.
  const largest = names.toSorted((a, b) => sizeOf(value?.nodes[b]) - sizeOf(value?.nodes[a]))[0];
  const chosen = name !== undefined && names.includes(name) ? name : largest;
  const node = chosen === undefined ? undefined : value?.nodes[chosen];
  const outline = query.get("view") === "outline";
  const [instance, tap] = [query.get("instance"), query.get("tap")];
  if (refusal !== undefined && value === undefined) return <RefusalNote refusal={refusal} />;
  if (value === undefined) return <div className="screen skeleton tall" aria-busy="true" />;
  if (chosen === undefined || node === undefined) {
    return (
      <Empty icon="flow" title={t("The profile has no flow")}>
        <p>{t("Add one under flows: in the profile.")}</p>
      </Empty>
    );
  }
  return (
    <div className="screen">
      <div className="toolbar">
        <label className="field row">
          <span>{t("Flow")}</span>
          <select
            value={chosen}
            onChange={(event) =>
              go(hrefOf(`flow/${encodeURIComponent(event.target.value)}`, { view: outline ? "outline" : undefined }))
            }
          >
            {names.map((each) => (
              <option key={each}>{each}</option>
            ))}
          </select>
        </label>
        <Button icon="flow" pressed={!outline} onClick={() => setQuery({ view: undefined })}>
          {t("Drawing")}
        </Button>
        <Button icon="logs" pressed={outline} onClick={() => setQuery({ view: "outline" })}>
          {t("Outline")}
        </Button>
        <Button icon="play" onClick={() => go(hrefOf("ask", { flow: chosen }))}>
          {t("Ask")}
        </Button>
        <Command text={`sluice graph ${chosen}`} />
      </div>
      {outline ? (
        <ul className="outline">
          <Outline node={node} />
        </ul>
      ) : (
        <Graph node={node} name={chosen} />
      )}
      <p className="muted">{t("A box opens its instance; the figure on a line opens what goes along it.")}</p>
      {instance === null ? null : <InstanceDrawer id={instance} onClose={() => setQuery({ instance: undefined })} />}
      {tap === null ? null : (
        <Dialog
          title={t("What comes from {source}", { source: tap })}
          kind="drawer"
          onClose={() => setQuery({ tap: undefined })}
        >
          <Tap name={tap} />
        </Dialog>
      )}
    </div>
  );
}

function sizeOf(node: FlowNode | undefined): number {
  return JSON.stringify(node ?? null).length;
}

function Graph({ node, name }: { readonly node: FlowNode; readonly name: string }) {
  const drawing = useMemo(() => layoutFlow(node), [node]);
  const states = useStore(instances);
  const { history } = useStore(figures);
  const now = history.at(-1)?.sources;
  const margin = 56;
  const [width, height] = [drawing.width + 2 * margin, drawing.height + 40];
  const middle = drawing.height / 2;
  return (
    <div className="graph" tabIndex={0} role="group" aria-label={t("Drawing of the flow {name}", { name })}>
      <div className="graph-inner" style={{ width, height }}>
        <svg width={width} height={height} viewBox={`${-margin} -20 ${width} ${height}`} aria-hidden="true">
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
          {drawing.frames.map(({ kind, label, x, y, width: w, height: h }) =>
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
          )}
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
        {drawing.boxes.map(({ id, kind, x, y }) => {
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
        })}
      </div>
    </div>
  );
}

/** The same as text, for keyboards and for those who read with their ears. */
function Outline({ node, label }: { readonly node: FlowNode; readonly label?: string }) {
  const states = useStore(instances);
  const before = label === undefined ? null : <em>{label}: </em>;
  if (node.kind === "instance") {
    const state = states.find(({ id }) => id === node.id);
    return (
      <li>
        {before}
        <button type="button" className="text-button" onClick={() => setQuery({ instance: node.id })}>
          {node.id}
        </button>{" "}
        <span className="muted">{t(node.instance)}</span> <Status status={state?.status ?? "stopped"} />{" "}
        <button type="button" className="text-button" onClick={() => setQuery({ tap: node.id })}>
          {t("look")}
        </button>
      </li>
    );
  }
  const inner: (readonly [FlowNode, string?])[] =
    node.kind === "pipe"
      ? node.steps.map((step) => [step] as const)
      : node.kind === "loop"
        ? [[node.body]]
        : node.kind === "when"
          ? [
              ...node.cases.map((each) => [each.then, conditionOf(each.if)] as const),
              ...(node.otherwise === undefined ? [] : [[node.otherwise, "else"] as const]),
            ]
          : node.branches.map((branch) => [branch] as const);
  return (
    <li>
      {before}
      {node.kind === "pipe" ? t("one after the other") : labelOf(node)}
      <ul>
        {inner.map(([each, condition], index) => (
          <Outline key={index} node={each} label={condition} />
        ))}
      </ul>
    </li>
  );
}
