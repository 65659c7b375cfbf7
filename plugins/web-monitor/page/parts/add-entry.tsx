import { useState } from "react";
import { t } from "../lib/i18n.ts";
import { may } from "../lib/session.ts";
import type { ProfileDraft } from "../lib/use-profile.ts";
import { Button } from "./basics.tsx";
import { Dialog } from "./dialog.tsx";
import type { InstanceDetails } from "./instance-drawer.tsx";
import { RemoveFlow } from "./remove-flow.tsx";

/** A plugin that the host can see. */
export interface InstalledPlugin {
  readonly use: string;
  readonly kind: string;
  readonly description: string;
  readonly schema: InstanceDetails["schema"];
}

interface AddEntryProps {
  readonly draft: ProfileDraft;
  /** Those that are installed; others can be named too, and the host says what it does not know. */
  readonly plugins: readonly InstalledPlugin[];
  readonly onAdded: (id: string) => void;
}

/** Adds an instance or a flow to the text. Nothing is applied: what it would change is shown below, as for each edit. */
export function AddEntry({ draft, plugins, onAdded }: AddEntryProps) {
  const [kind, setKind] = useState<"instance" | "flow">();
  if (!may("configure")) return null;
  return (
    <div className="actions">
      <Button onClick={() => setKind("instance")}>{t("Add an instance…")}</Button>
      <Button onClick={() => setKind("flow")}>{t("Add a flow…")}</Button>
      <RemoveFlow draft={draft} />
      {kind === undefined ? null : (
        <EntryDialog
          isFlow={kind === "flow"}
          plugins={plugins}
          taken={Object.keys(draft.check.outline)}
          onClose={() => setKind(undefined)}
          onAdd={async (id, value) => {
            setKind(undefined);
            if (kind === "flow") await draft.edit(`/flows/${id}`, value);
            else await draft.edit(`/plugins/${id}`, { use: value });
            if (kind === "instance") onAdded(id);
          }}
        />
      )}
    </div>
  );
}

/** As the schema of a profile has names of instances and flows. */
const names = /^[A-Za-z][A-Za-z0-9_-]{0,62}$/;

function EntryDialog({
  isFlow,
  plugins,
  taken,
  onClose,
  onAdd,
}: {
  readonly isFlow: boolean;
  readonly plugins: readonly InstalledPlugin[];
  readonly taken: readonly string[];
  readonly onClose: () => void;
  readonly onAdd: (id: string, value: unknown) => Promise<void>;
}) {
  const [id, setId] = useState("");
  const [text, setText] = useState("");
  const value = isFlow ? expressionIn(text) : text.trim();
  const isWhole = id !== "" && text.trim() !== "";
  const problem = isWhole ? problemOf(id, value, isFlow ? [] : taken) : undefined;
  return (
    <Dialog title={isFlow ? t("Add a flow") : t("Add an instance")} onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (isWhole && problem === undefined) void onAdd(id, value);
        }}
      >
        <label className="field">
          <span>{t("Name")}</span>
          <input value={id} onChange={(event) => setId(event.target.value.trim())} />
        </label>
        <label className="field">
          <span>{isFlow ? t("Instances, as in the profile") : t("Plugin")}</span>
          <input
            value={text}
            list={isFlow ? undefined : "known-plugins"}
            placeholder={isFlow ? '{ "fallback": ["one", "other"] }' : "llm-openai"}
            spellCheck={false}
            onChange={(event) => setText(event.target.value)}
          />
        </label>
        {isFlow ? null : <KnownPlugins plugins={plugins} />}
        {isFlow ? null : <p className="muted">{plugins.find(({ use }) => use === text.trim())?.description}</p>}
        <p className="muted" role="status">
          {problem ?? t("It is written into the text, where comments stay. Apply shows first what it would change.")}
        </p>
        <div className="actions spread">
          <Button onClick={onClose}>{t("Not yet")}</Button>
          <button type="submit" className="button primary" disabled={!isWhole || problem !== undefined}>
            {t("Add")}
          </button>
        </div>
      </form>
    </Dialog>
  );
}

function KnownPlugins({ plugins }: { readonly plugins: readonly InstalledPlugin[] }) {
  return (
    <datalist id="known-plugins">
      {plugins.map(({ use, kind }) => (
        <option key={use} value={use} label={`${use} · ${kind}`} />
      ))}
    </datalist>
  );
}

/** What is wrong with an entry, as far as the page can tell; the host judges the text. */
function problemOf(id: string, value: unknown, taken: readonly string[]): string | undefined {
  if (!names.test(id)) return t("A name begins with a letter, and has letters, digits, hyphens and underscores.");
  if (taken.includes(id)) return t("There is an instance of that name.");
  return value === undefined ? t("It is the id of an instance, or JSON.") : undefined;
}

/** An id, or an expression as JSON; undefined for what is neither. */
function expressionIn(text: string): unknown {
  const trimmed = text.trim();
  if (names.test(trimmed)) return trimmed;
  try {
    const value: unknown = JSON.parse(trimmed);
    return typeof value === "object" && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
