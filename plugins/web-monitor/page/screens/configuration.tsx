import { useState } from "react";
import type { Problem } from "../../../../core/contract/index.ts";
import { t } from "../lib/i18n.ts";
import { setQuery, usePlace } from "../lib/router.ts";
import { may } from "../lib/session.ts";
import { useApi } from "../lib/use-api.ts";
import { type ProfileDraft, useProfile } from "../lib/use-profile.ts";
import { ApplyBar } from "../parts/apply-bar.tsx";
import { Command, RefusalNote, Status } from "../parts/basics.tsx";
import { Icon } from "../parts/icon.tsx";
import type { InstanceDetails } from "../parts/instance-drawer.tsx";
import { OptionForm } from "../parts/option-form.tsx";
import { YamlEditor } from "../parts/yaml-editor.tsx";

export function ConfigurationScreen() {
  const draft = useProfile();
  const { profile, text, check, refusal } = draft;
  const [line, setLine] = useState<number>();
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
        <Command text={`sluice check -p ${profile.file.split("/").at(-1)}`} />
      </div>
      {refusal === undefined ? null : <RefusalNote refusal={refusal} />}
      <div className="configuration">
        <Forms draft={draft} onLine={setLine} />
        <div className="editor-side">
          <YamlEditor
            text={text}
            problems={check.problems}
            readOnly={!may("configure")}
            line={line}
            onChange={draft.setText}
          />
          <Problems problems={check.problems} onLine={setLine} />
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
  const known = value?.instances.filter(({ implicit }) => !implicit) ?? [];
  const chosen = known.find(({ id }) => id === query.get("instance")) ?? known[0];
  if (chosen === undefined) return <div className="skeleton tall" aria-busy="true" />;
  const pointer = (option: string) => `/plugins/${pointerSegment(chosen.id)}/with/${pointerSegment(option)}`;
  return (
    <section className="forms" aria-label={t("Options")}>
      <label className="field">
        <span className="hidden">{t("Instance")}</span>
        <select
          value={chosen.id}
          onChange={(event) => {
            setQuery({ instance: event.target.value });
            onLine(draft.check.outline[event.target.value]?.line);
          }}
        >
          {known.map(({ id, plugin }) => (
            <option key={id} value={id}>
              {id} · {plugin}
            </option>
          ))}
        </select>
      </label>
      <p className="muted">{chosen.description}</p>
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
        originOf={(option) => draft.profile?.origins[pointer(option)]}
        onOrigin={(origin) => onLine(Number(origin.split(":").at(-2)))}
        onChange={(option, next) => void draft.edit(pointer(option), next)}
      />
    </section>
  );
}

/** A segment of a JSON pointer, RFC 6901. */
function pointerSegment(segment: string): string {
  return segment.replaceAll("~", "~0").replaceAll("/", "~1");
}

function Problems({
  problems,
  onLine,
}: {
  readonly problems: readonly Problem[];
  readonly onLine: (line: number | undefined) => void;
}) {
  if (problems.length === 0) return null;
  return (
    <ul className="problems" aria-label={t("Problems")}>
      {problems.map((problem) => (
        <li
          key={`${problem.code}${problem.line}${problem.column}${problem.message}`}
          className={problem.severity === "error" ? "tone-bad" : "tone-warn"}
        >
          <Icon name={problem.severity === "error" ? "failed" : "degraded"} size={14} />
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
