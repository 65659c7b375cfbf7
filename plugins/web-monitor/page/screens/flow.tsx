import type { FlowNode } from "../../../../core/contract/index.ts";
import { flowShape } from "../../../../core/kit/flow/index.ts";
import { instances } from "../lib/hub.ts";
import { t } from "../lib/i18n.ts";
import { go, hrefOf, setQuery, showView, usePlace } from "../lib/router.ts";
import { shellWord } from "../lib/run-commands.ts";
import { useStore } from "../lib/store.ts";
import { useApi } from "../lib/use-api.ts";
import { Button, Command, Empty, RefusalNote, Status } from "../parts/basics.tsx";
import { Dialog } from "../parts/dialog.tsx";
import { Graph } from "../parts/flow-graph.tsx";
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
      <FlowToolbar names={names} chosen={chosen} outline={outline} />
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

function FlowToolbar({
  names,
  chosen,
  outline,
}: {
  readonly names: readonly string[];
  readonly chosen: string;
  readonly outline: boolean;
}) {
  return (
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
      <Button icon="flow" pressed={!outline} onClick={() => showView({ view: undefined })}>
        {t("Drawing")}
      </Button>
      <Button icon="logs" pressed={outline} onClick={() => showView({ view: "outline" })}>
        {t("Outline")}
      </Button>
      <Button icon="play" onClick={() => go(hrefOf("chat", { flow: chosen }))}>
        {t("Ask")}
      </Button>
      <Command text={`sluice graph ${shellWord(chosen)}`} />
    </div>
  );
}

function sizeOf(node: FlowNode | undefined): number {
  return JSON.stringify(node ?? null).length;
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
  const shape = flowShape(node);
  return (
    <li>
      {before}
      {t(shape.label)}
      <ul>
        {shape.children.map(({ node: each, note }, index) => (
          <Outline key={index} node={each} label={note} />
        ))}
      </ul>
    </li>
  );
}
