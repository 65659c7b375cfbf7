import type { FlowEntry } from "../lib/flow-entry.ts";
import { t } from "../lib/i18n.ts";

/** Which flows answer: one, or several side by side. Those that take code and those that take words do not mix. */
export function FlowChoice({
  flows,
  chosen,
  kind,
  onChange,
}: {
  readonly flows: readonly FlowEntry[];
  readonly chosen: readonly string[];
  readonly kind: FlowEntry["takes"];
  readonly onChange: (chosen: readonly string[]) => void;
}) {
  return (
    <fieldset className="flow-choice">
      <legend>{t("Flows; several answer side by side")}</legend>
      {flows.map(({ name, takes, instances }) => {
        const on = chosen.includes(name);
        const apart = takes !== kind && chosen.length > 0;
        const others = on ? chosen.filter((each) => each !== name) : apart ? [name] : [...chosen, name];
        return (
          <label key={name} className={`choice${on ? " on" : ""}`} title={instances.join(", ")}>
            <input type="checkbox" checked={on} onChange={() => onChange(others)} />
            <b>{name}</b>
            <small>{t(takes)}</small>
          </label>
        );
      })}
    </fieldset>
  );
}
