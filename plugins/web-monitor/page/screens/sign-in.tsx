import { t } from "../lib/i18n.ts";
import type { Refusal } from "../lib/session.ts";
import { Command, RefusalNote } from "../parts/basics.tsx";
import { OpenBundleButton } from "./bundle.tsx";

/** Nobody is signed in: how to get in, and what can be done without. */
export function SignInScreen({ refusal }: { readonly refusal: Refusal | undefined }) {
  return (
    <main className="gate">
      <div className="gate-card">
        <h1>Sluicebox</h1>
        {refusal === undefined ? null : <RefusalNote refusal={refusal} />}
        <p>{t("This page opens by a one-time link. Get one in the terminal of the machine the host runs on:")}</p>
        <Command text="sluice monitor" />
        <hr />
        <p className="muted">{t("A run that was exported opens without a host:")}</p>
        <OpenBundleButton />
      </div>
    </main>
  );
}
