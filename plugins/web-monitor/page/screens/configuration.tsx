import { lazy, Suspense, useCallback, useEffect, useState } from "react";
import type { Problem } from "../../../../core/contract/index.ts";
import { t } from "../lib/i18n.ts";
import { setQuery, usePlace } from "../lib/router.ts";
import { shellWord } from "../lib/run-commands.ts";
import { may } from "../lib/session.ts";
import { useApi } from "../lib/use-api.ts";
import { type ProfileDraft, useProfile } from "../lib/use-profile.ts";
import { AddEntry, type InstalledPlugin } from "../parts/add-entry.tsx";
import { ApplyBar } from "../parts/apply-bar.tsx";
import { Button, Command, RefusalNote, Status } from "../parts/basics.tsx";
import { Icon } from "../parts/icon.tsx";
import type { InstanceDetails } from "../parts/instance-drawer.tsx";
import { OptionForm } from "../parts/option-form.tsx";
import type { Place } from "../parts/yaml-editor.tsx";

/** The editor is a third of the page, and this screen alone has it. */
const YamlEditor = lazy(async () => ({ default: (await import("../parts/yaml-editor.tsx")).YamlEditor }));

export function ConfigurationScreen() {
  const draft = useProfile();
  const { profile, text, check, refusal } = draft;
  const [place, setPlace] = useState<Place>();
  const goTo = useCallback((line: number | undefined) => setPlace(line === undefined ? undefined : { line }), []);
  if (profile === undefined) {
    return (
      <div className="screen">
        {refusal === undefined ? <div className="skeleton tall" aria-busy="true" /> : <RefusalNote refusal={refusal} />}
      </div>
    );
  }
  return (
    <div className="screen full">
      <div className="toolbar">
        <code className="file">{profile.file}</code>
        <span className="grow" />
        <Command text={`sluice check -p ${shellWord(profile.file.split("/").at(-1) ?? "")}`} />
      </div>
      {refusal === undefined ? null : <RefusalNote refusal={refusal} />}
      <div className="configuration">
        <Forms draft={draft} onLine={goTo} />
        <div className="editor-side">
          <Suspense fallback={<div className="skeleton tall" aria-busy="true" />}>
            <YamlEditor
              text={text}
              problems={check.problems}
              readOnly={!may("configure")}
              place={place}
              onChange={draft.setText}
            />
          </Suspense>
          <Problems problems={check.problems} onLine={goTo} />
        </div>
      </div>
      <ApplyBar draft={draft} />
    </div>
  );
}

/** One instance at a time, chosen above its form. */
function Forms({
  draft,
  onLine,
}: {
  readonly draft: ProfileDraft;
  readonly onLine: (line: number | undefined) => void;
}) {
  const { value } = useApi<{ instances: InstanceDetails[] }>("instances");
  const { query } = usePlace();
  const served = value?.instances.filter(({ implicit }) => !implicit) ?? [];
  const { outline } = draft.check;
  // What the text took away is gone here too; what another file of the profile has stays.
  const isGone = (id: string) => draft.profile?.outline[id] !== undefined && outline[id] === undefined;
  const plugins = useApi<{ plugins: InstalledPlugin[] }>("plugins").value?.plugins ?? noPlugins;
  const known = [...served, ...addedIn(draft, served, plugins)].filter(({ id }) => !isGone(id));
  const chosen = known.find(({ id }) => id === query.get("instance")) ?? known[0];
  const written = outline[chosen?.id ?? ""]?.line;
  const isWritten = written !== undefined;
  // biome-ignore lint/correctness/useExhaustiveDependencies: it goes there once, and not along with what is typed above it
  useEffect(() => onLine(written), [chosen?.id, isWritten, onLine]);
  if (chosen === undefined) return <div className="skeleton tall" aria-busy="true" />;
  const pointer = (option: string) => `/plugins/${pointerSegment(chosen.id)}/with/${pointerSegment(option)}`;
  return (
    <section className="forms" aria-label={t("Options")}>
      <AddEntry draft={draft} plugins={plugins} onAdded={(id) => setQuery({ instance: id })} />
      <Chooser known={known} chosen={chosen} />
      <p className="muted">{chosen.description}</p>
      {may("configure") && outline[chosen.id] !== undefined ? (
        <Button
          icon="close"
          kind="plain"
          onClick={() => void draft.edit(`/plugins/${pointerSegment(chosen.id)}`, undefined)}
        >
          {t("Remove {id} from the text", { id: chosen.id })}
        </Button>
      ) : null}
      {chosen.absent === undefined ? null : (
        <p>
          <Status status="absent" /> <span className="muted">{chosen.absent}</span>
        </p>
      )}
      <OptionForm
        key={chosen.id}
        instance={chosen}
        disabled={!may("configure")}
        writtenOf={(option) => draft.check.outline[chosen.id]?.options[option]}
        originOf={(option) => originIn(draft.profile?.origins ?? {}, pointer(option))}
        onOrigin={(origin) => onLine(Number(origin.split(":").at(-2)))}
        onChange={(option, next) => void draft.edit(pointer(option), next)}
      />
    </section>
  );
}

function Chooser({ known, chosen }: { readonly known: readonly InstanceDetails[]; readonly chosen: InstanceDetails }) {
  return (
    <label className="field">
      <span className="hidden">{t("Instance")}</span>
      <select value={chosen.id} onChange={(event) => setQuery({ instance: event.target.value })}>
        {known.map(({ id, plugin }) => (
          <option key={id} value={id}>
            {id} · {plugin}
          </option>
        ))}
      </select>
    </label>
  );
}

const noPlugins: readonly InstalledPlugin[] = [];

/** Instances that the text alone has. Their plugin tells their options, or another instance of it. */
function addedIn(
  { check: { outline } }: ProfileDraft,
  served: readonly InstanceDetails[],
  plugins: readonly InstalledPlugin[],
): InstanceDetails[] {
  return Object.keys(outline)
    .filter((id) => served.every((each) => each.id !== id))
    .flatMap((id): InstanceDetails[] => {
      const like = served.find(({ plugin }) => plugin === outline[id]?.use);
      if (like !== undefined) {
        const { absent: _absent, ...rest } = like;
        return [{ ...rest, id, config: {} }];
      }
      const plugin = plugins.find(({ use }) => use === outline[id]?.use);
      const unborn = { status: "stopped", level: "info", implicit: false, restartable: false };
      return plugin === undefined ? [] : [{ ...plugin, ...unborn, id, plugin: plugin.use, config: {} }];
    });
}

/** Where an option is written: a list or a map where its first value is, for leaves alone have a place. */
function originIn(origins: Readonly<Record<string, string>>, pointer: string): string | undefined {
  const inside = Object.keys(origins).find((each) => each.startsWith(`${pointer}/`));
  return origins[pointer] ?? (inside === undefined ? undefined : origins[inside]);
}

/** A segment of a JSON pointer, RFC 6901. */
function pointerSegment(segment: string): string {
  return segment.replaceAll("~", "~0").replaceAll("/", "~1");
}

interface ProblemsProps {
  readonly problems: readonly Problem[];
  readonly onLine: (line: number | undefined) => void;
}

/** What is wrong at once, and what is only said folded up. */
function Problems({ problems, onLine }: ProblemsProps) {
  const notices = problems.filter(isNotice);
  return (
    <>
      <ProblemList problems={problems.filter((each) => !isNotice(each))} onLine={onLine} />
      {notices.length === 0 ? null : (
        <details className="notices">
          <summary className="muted">{t("{n|# note|# notes} on this change", { n: notices.length })}</summary>
          <ProblemList problems={notices} onLine={onLine} />
        </details>
      )}
    </>
  );
}

/** What is only said, such as which options are judged when the change is applied. */
function isNotice({ severity }: Problem): boolean {
  return severity === "notice";
}

function toneOf({ severity }: Problem): string {
  return severity === "error" ? "tone-bad" : severity === "warning" ? "tone-warn" : "muted";
}

function ProblemList({ problems, onLine }: ProblemsProps) {
  if (problems.length === 0) return null;
  return (
    <ul className="problems" aria-label={problems.some(isNotice) ? t("Notes") : t("Problems")}>
      {problems.map((problem) => (
        <li key={`${problem.code}${problem.line}${problem.column}${problem.message}`} className={toneOf(problem)}>
          <Icon name={isNotice(problem) ? "info" : problem.severity === "error" ? "failed" : "degraded"} size={14} />
          <button type="button" className="text-button" onClick={() => onLine(problem.line)}>
            {problem.line === undefined ? problem.file : t("line {n}", { n: problem.line })}
          </button>
          <span>
            {problem.message}
            {problem.suggestion === undefined ? "" : ` ${t("Did you mean {text}?", { text: problem.suggestion })}`}
            <small>{problem.cure}</small>
          </span>
        </li>
      ))}
    </ul>
  );
}
