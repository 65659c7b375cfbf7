import { bytes, count } from "../lib/format.ts";
import { t } from "../lib/i18n.ts";
import { shortContainer } from "../lib/log-buffer.ts";
import { may, session as signIn } from "../lib/session.ts";
import { useStore } from "../lib/store.ts";
import { Ago, Button, Source, Status } from "./basics.tsx";
import { Meter } from "./meters.tsx";

export interface SandboxDetails {
  readonly instance: string;
  readonly id: string;
  readonly name?: string;
  readonly image?: string;
  readonly state?: string;
  readonly session?: string;
  /** The host that started it. */
  readonly owner?: string;
  readonly ownerAlive?: boolean;
  readonly created?: string;
  readonly limits?: {
    readonly cpus: number;
    readonly memory: number;
    readonly pids: number;
    readonly network: string;
    readonly runtime: string;
  };
  readonly stats?: { readonly cpu: number; readonly memory: number; readonly pids: number };
}

export interface SessionEntry {
  readonly session: string;
  readonly lastUsed: string;
  readonly runs: number;
}

/** One sandbox: its state, what it is made of, and how much of its limits it uses. */
export function SandboxCard({
  sandbox,
  session,
  busy,
  onStop,
}: {
  readonly sandbox: SandboxDetails;
  readonly session: SessionEntry | undefined;
  readonly busy: boolean;
  readonly onStop: () => void;
}) {
  const { instance, id, limits, owner, ownerAlive } = sandbox;
  const signedIn = useStore(signIn);
  const foreign =
    limits === undefined && owner !== undefined && signedIn.kind === "in" && owner !== signedIn.session.host;
  return (
    <article className="card" aria-label={t("Sandbox {id}", { id: nameOf(sandbox) })}>
      <header>
        <Source name={instance} />
        <code title={`${sandbox.name ?? ""} ${id}`.trim()}>{nameOf(sandbox)}</code>
        <span className="grow" />
        <State sandbox={sandbox} foreign={foreign} />
      </header>
      <Facts sandbox={sandbox} session={session} />
      <Meters sandbox={sandbox} />
      {isHeld(sandbox) && ownerAlive !== false && !foreign ? (
        <footer>
          <Button
            icon="stop"
            kind="danger"
            disabled={busy || !may("operate")}
            hint={t("Ends its session; what runs in it is lost.")}
            onClick={onStop}
          >
            {t("Stop")}
          </Button>
        </footer>
      ) : null}
    </article>
  );
}

function State({ sandbox, foreign }: { readonly sandbox: SandboxDetails; readonly foreign: boolean }) {
  const { ownerAlive, state = "running" } = sandbox;
  if (ownerAlive === false) return <Status status="lost" label={t("left behind")} />;
  if (foreign) return <Status status="stopped" label={t("of another host")} />;
  if (state !== "running") return <Status status={state} label={t(state)} />;
  return isHeld(sandbox) ? (
    <Status status="ok" label={t("in use")} />
  ) : (
    <Status status="pooled" label={t("waits in the pool")} />
  );
}

function Facts({ sandbox, session }: { readonly sandbox: SandboxDetails; readonly session: SessionEntry | undefined }) {
  const { image, created, limits } = sandbox;
  return (
    <dl className="facts tight">
      {created === undefined ? null : (
        <div>
          <dt>{t("Created")}</dt>
          <dd>
            <Ago time={created} />
          </dd>
        </div>
      )}
      {limits === undefined ? null : (
        <div>
          <dt>{t("Network")}</dt>
          <dd>
            {limits.network} · {limits.runtime}
          </dd>
        </div>
      )}
      {isHeld(sandbox) ? (
        <div className="whole">
          <dt>{t("Session")}</dt>
          <dd>
            {sandbox.session}
            {session === undefined || session.runs === 0 ? null : ` · ${t("{n|# run|# runs}", { n: session.runs })}`}
          </dd>
        </div>
      ) : null}
      {image === undefined ? null : (
        <div className="whole">
          <dt>{t("Image")}</dt>
          <dd title={image}>{image}</dd>
        </div>
      )}
    </dl>
  );
}

function Meters({ sandbox: { limits, stats } }: { readonly sandbox: SandboxDetails }) {
  if (limits === undefined) return null;
  if (stats === undefined) return <p className="muted">{t("measuring…")}</p>;
  return (
    <div className="meters">
      <Meter
        label={t("Processor")}
        value={stats.cpu}
        most={limits.cpus}
        text={t("{share} % of {n|# core|# cores}", {
          share: Math.round((stats.cpu / limits.cpus) * 100),
          n: limits.cpus,
        })}
      />
      <Meter
        label={t("Memory")}
        value={stats.memory}
        most={limits.memory}
        text={t("{used} of {all}", { used: bytes(stats.memory), all: bytes(limits.memory) })}
      />
      <Meter
        label={t("Processes")}
        value={stats.pids}
        most={limits.pids}
        text={t("{used} of {all}", { used: count(stats.pids), all: count(limits.pids) })}
      />
    </div>
  );
}

/** The name that the command line lists, without what all of them begin with. */
export function nameOf({ instance, id, name }: SandboxDetails): string {
  return name === undefined ? id.slice(0, 12) : shortContainer(name, instance);
}

/** Whether a session has it. */
function isHeld({ session }: SandboxDetails): boolean {
  return session !== undefined && session !== "";
}
