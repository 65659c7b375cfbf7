import { useState } from "react";
import { bytes, duration } from "../lib/format.ts";
import { figures, type Instance, instances } from "../lib/hub.ts";
import { t } from "../lib/i18n.ts";
import { go, hrefOf } from "../lib/router.ts";
import { shellWord } from "../lib/run-commands.ts";
import { may, refusalOf, request } from "../lib/session.ts";
import { useStore } from "../lib/store.ts";
import { useApi } from "../lib/use-api.ts";
import { Ago, Button, Command, Empty, Status } from "./basics.tsx";
import { Dialog, isSure, say } from "./dialog.tsx";

export interface InstanceDetails {
  readonly id: string;
  readonly plugin: string;
  readonly kind: string;
  readonly description: string;
  readonly status: string;
  readonly schema: { readonly properties?: Readonly<Record<string, OptionSchema>> };
  readonly config: Readonly<Record<string, unknown>>;
  readonly absent?: string;
  readonly implicit: boolean;
  readonly level: string;
  readonly startMs?: number;
  readonly restartable: boolean;
}

export interface OptionSchema {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly "x-unit"?: string;
  readonly "x-secret"?: boolean;
  readonly "x-reload"?: string;
}

const levels = ["trace", "debug", "info", "warn", "error", "fatal"];

/** Everything about one instance, at the side of the screen one came from. */
export function InstanceDrawer({ id, onClose }: { readonly id: string; readonly onClose: () => void }) {
  const status = useStore(instances).find((each) => each.id === id);
  const { value, reload } = useApi<{ instances: InstanceDetails[] }>("instances");
  const details = value?.instances.find((each) => each.id === id);
  const path = `instances/${encodeURIComponent(id)}`;
  const [busy, setBusy] = useState(false);
  const [wanted, setWanted] = useState<string>();
  const act = async (place: string, body: unknown, done: string) => {
    setBusy(true);
    try {
      await request("POST", place, body);
      await reload();
      say(done);
    } catch (error) {
      say(refusalOf(error).message, "bad");
    }
    setBusy(false);
  };
  const restart = async () => {
    const { runs } = figures.get();
    const lost = [
      ...(status?.kind === "sandbox" ? [t("Its sessions end: their variables and files are lost.")] : []),
      ...(runs === 0 ? [] : [t("Runs under way: {n}. What it does in them breaks off.", { n: runs })]),
    ].join(" ");
    if (lost !== "" && !(await isSure(t("Restart {id}?", { id }), lost, t("Restart")))) return;
    await act(`${path}/restart`, {}, t("{id} was restarted", { id }));
  };
  const setLevel = async (level: string) => {
    setWanted(level);
    await act(`${path}/level`, { level }, t("{id} logs from {level} on", { id, level }));
    setWanted(undefined);
  };
  return (
    <Dialog title={id} kind="drawer" onClose={onClose}>
      {status === undefined ? (
        <Empty icon="absent" title={t("There is no instance {id}", { id })} />
      ) : (
        <>
          <p className="drawer-status">
            <Status status={status.status} /> <span className="muted">{status.reason}</span>
          </p>
          <p className="muted">{details?.description}</p>
          <InstanceFacts status={status} details={details} />
          <InstanceActions
            id={id}
            disabled={busy}
            restartable={details?.restartable}
            onRestart={() => void restart()}
          />
          <LevelField level={wanted ?? details?.level} disabled={busy} onChange={(level) => void setLevel(level)} />
          <h3>{t("Options")}</h3>
          <OptionTable details={details} />
          <h3>{t("On the command line")}</h3>
          <Command text={`sluice settings get ${shellWord(id)}`} />
        </>
      )}
    </Dialog>
  );
}

function InstanceFacts({
  status,
  details,
}: {
  readonly status: Instance;
  readonly details: InstanceDetails | undefined;
}) {
  return (
    <dl className="facts">
      <Fact name={t("Kind")}>{t(status.kind)}</Fact>
      <Fact name={t("Plugin")}>
        <code>{status.plugin}</code>
      </Fact>
      <Fact name={t("In this state")}>
        <Ago time={status.since} />
      </Fact>
      <Fact name={t("Restarts")}>{status.restarts}</Fact>
      {details?.startMs === undefined ? null : <Fact name={t("Start took")}>{duration(details.startMs)}</Fact>}
    </dl>
  );
}

function InstanceActions({
  id,
  disabled,
  restartable,
  onRestart,
}: {
  readonly id: string;
  readonly disabled: boolean;
  /** Undefined while it is not known. */
  readonly restartable: boolean | undefined;
  readonly onRestart: () => void;
}) {
  return (
    <div className="actions spread">
      <Button icon="logs" onClick={() => go(hrefOf("logs", { q: `source:${id}` }))}>
        {t("Logs")}
      </Button>
      <Button icon="configuration" onClick={() => go(hrefOf("configuration", { instance: id }))}>
        {t("Configuration")}
      </Button>
      <Button
        icon="restart"
        disabled={disabled || !may("operate") || !restartable}
        hint={
          restartable !== false
            ? t("Runs under way finish on the old one.")
            : t("It can only be restarted together with the host.")
        }
        onClick={onRestart}
      >
        {t("Restart")}
      </Button>
    </div>
  );
}

function LevelField({
  level,
  disabled,
  onChange,
}: {
  /** Undefined while it is not known. */
  readonly level: string | undefined;
  readonly disabled: boolean;
  readonly onChange: (level: string) => void;
}) {
  return (
    <label className="field row">
      <span>{t("Log level")}</span>
      <select
        value={level ?? ""}
        disabled={disabled || level === undefined || !may("operate")}
        onChange={(event) => onChange(event.target.value)}
      >
        {level === undefined ? <option value="">…</option> : null}
        {levels.map((each) => (
          <option key={each}>{each}</option>
        ))}
      </select>
    </label>
  );
}

function Fact({ name, children }: { readonly name: string; readonly children: React.ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function OptionTable({ details }: { readonly details: InstanceDetails | undefined }) {
  const properties = Object.entries(details?.schema.properties ?? {});
  if (details === undefined) return <div className="skeleton" aria-busy="true" />;
  if (properties.length === 0) return <p className="muted">{t("It has no options.")}</p>;
  return (
    <table className="options">
      <tbody>
        {properties.map(([name, schema]) => (
          <tr key={name} title={schema.description}>
            <th scope="row">
              {name}
              {schema["x-reload"] === "live" ? <em className="chip">{t("live")}</em> : null}
            </th>
            <td>
              <code>{show(details.config[name], schema)}</code>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** A value as people read it: plugins get milliseconds and bytes. */
function show(value: unknown, schema: OptionSchema): string {
  if (value === undefined) return "–";
  if (schema["x-unit"] === "duration" && typeof value === "number") return duration(value);
  if (schema["x-unit"] === "size" && typeof value === "number") return bytes(value);
  if (Array.isArray(value) && value.every((each) => typeof each === "string")) return value.join(", ") || "–";
  return typeof value === "string" ? value : JSON.stringify(value);
}
