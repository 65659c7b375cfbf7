import { useState } from "react";
import type { FlowEntry } from "../lib/flow-entry.ts";
import { t } from "../lib/i18n.ts";
import { may } from "../lib/session.ts";
import { useApi } from "../lib/use-api.ts";
import type { ProfileDraft } from "../lib/use-profile.ts";
import { Button } from "./basics.tsx";
import { Dialog } from "./dialog.tsx";

/** Takes a flow out of the text. Nothing is applied: what it would change is shown below, as for each edit. */
export function RemoveFlow({ draft }: { readonly draft: ProfileDraft }) {
  const { value } = useApi<{ flows: FlowEntry[] }>("flows");
  const [isOpen, setOpen] = useState(false);
  const [chosen, setChosen] = useState<string>();
  const flows = value?.flows.map(({ name }) => name) ?? [];
  const flow = chosen ?? flows[0];
  if (!may("configure") || flow === undefined) return null;
  return (
    <>
      <Button onClick={() => setOpen(true)}>{t("Remove a flow…")}</Button>
      {isOpen ? (
        <Dialog title={t("Remove a flow")} onClose={() => setOpen(false)}>
          <label className="field">
            <span>{t("Flow")}</span>
            <select value={flow} onChange={(event) => setChosen(event.target.value)}>
              {flows.map((name) => (
                <option key={name}>{name}</option>
              ))}
            </select>
          </label>
          <p className="muted">
            {t("It is taken out of the text. Runs under way finish on it; Apply shows first what it would change.")}
          </p>
          <div className="actions spread">
            <Button onClick={() => setOpen(false)}>{t("Not yet")}</Button>
            <Button
              kind="danger"
              onClick={() => {
                setOpen(false);
                setChosen(undefined);
                void draft.edit(`/flows/${flow.replaceAll("~", "~0").replaceAll("/", "~1")}`, undefined);
              }}
            >
              {t("Remove")}
            </Button>
          </div>
        </Dialog>
      ) : null}
    </>
  );
}
