import type { FlowEntry } from "../lib/flow-entry.ts";
import { instances } from "../lib/hub.ts";
import { t } from "../lib/i18n.ts";
import { useStore } from "../lib/store.ts";

/** One line: which models answer, and which sandbox runs their code. */
export function WhoAnswers({
  flows,
  chosen,
  isEmpty,
}: {
  readonly flows: readonly FlowEntry[];
  readonly chosen: readonly string[];
  /** Whether no sandbox is open in which the conversation goes on. */
  readonly isEmpty: boolean;
}) {
  const known = useStore(instances);
  const own = flows.filter(({ name }) => chosen.includes(name)).flatMap((flow) => flow.instances);
  const hasSandbox = known.some(({ id, kind }) => kind === "sandbox" && own.includes(id));
  const lines = flows
    .filter(({ name }) => chosen.includes(name))
    .map(({ name, instances: own }) => {
      const of = (wanted: string) =>
        known
          .filter(({ id, kind, status }) => own.includes(id) && kind === wanted && status !== "absent")
          .map(({ id }) => id);
      const [models, boxes] = [of("model"), of("sandbox")];
      const [who, where, n] = [models.join(", "), boxes.join(", "), models.length];
      if (models.length === 0) return t("{flow}: code runs in {where}", { flow: name, where: where || "–" });
      if (boxes.length === 0) return t("{flow}: {who} {n|answers|answer}, and no code is run", { flow: name, who, n });
      return t("{flow}: {who} {n|answers|answer}, code runs in {where}", { flow: name, who, where, n });
    });
  return (
    <p className="who-answers muted">
      {lines.join(" · ")}
      {isEmpty && hasSandbox ? ` · ${t("the sandbox begins empty")}` : ""}
      {lines.length > 1 ? ` · ${t("each with variables of its own")}` : ""}
    </p>
  );
}
