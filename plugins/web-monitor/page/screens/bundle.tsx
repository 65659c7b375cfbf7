import { useRef } from "react";
import { openBundle, opened } from "../lib/bundles.ts";
import { exact } from "../lib/format.ts";
import { t } from "../lib/i18n.ts";
import { go, hrefOf } from "../lib/router.ts";
import { readBundle } from "../lib/run-model.ts";
import { session } from "../lib/session.ts";
import { useStore } from "../lib/store.ts";
import { Button, Empty } from "../parts/basics.tsx";
import { say, Toasts } from "../parts/dialog.tsx";
import { Icon } from "../parts/icon.tsx";
import { RunReader } from "../parts/run-reader.tsx";

/** A run from a file: the same readings, without any host. */
export function BundleScreen({ alone = false }: { readonly alone?: boolean }) {
  const bundle = useStore(opened);
  if (bundle === undefined) {
    return (
      <div className="screen">
        <Empty icon="upload" title={t("Open a run that was exported")}>
          <p>{t("A file named …sluice-run.json, from this machine or another one. It stays in this browser.")}</p>
          <OpenBundleButton />
        </Empty>
      </div>
    );
  }
  const { run, exported } = bundle.bundle;
  const body = (
    <div className="screen">
      <div className="note">
        <Icon name="info" />
        <p>{t("From a file, exported {time}. Nothing here is live.", { time: exact(exported) })}</p>
      </div>
      <RunReader run={run.run} events$={bundle.events$} />
    </div>
  );
  if (!alone) return body;
  return (
    <div className="frame alone">
      <header className="top">
        <h1>{t("Run from a file")}</h1>
        <div className="top-right">{session.get().kind === "out" ? <OpenBundleButton /> : null}</div>
      </header>
      <main id="content">{body}</main>
      <Toasts />
    </div>
  );
}

export function OpenBundleButton() {
  const field = useRef<HTMLInputElement>(null);
  return (
    <>
      <Button icon="upload" onClick={() => field.current?.click()}>
        {t("Open a bundle")}
      </Button>
      <input
        ref={field}
        type="file"
        className="hidden"
        accept=".json,application/json"
        aria-label={t("Open a bundle")}
        tabIndex={-1}
        onChange={async (event) => {
          const file = event.target.files?.[0];
          if (file === undefined) return;
          try {
            openBundle(readBundle(await file.text()));
            if (session.get().kind === "in") go(hrefOf("bundle"));
          } catch (error) {
            say(
              t("{file} cannot be opened: {why}", {
                file: file.name,
                why: error instanceof Error ? error.message : String(error),
              }),
              "bad",
            );
          }
        }}
      />
    </>
  );
}
