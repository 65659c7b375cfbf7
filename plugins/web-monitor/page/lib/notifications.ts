import type { FeedEvent } from "../../../../core/client/index.ts";
import { firstLine } from "./format.ts";
import { client } from "./hub.ts";
import { t } from "./i18n.ts";
import { go, hrefOf } from "./router.ts";
import { persistent } from "./store.ts";

/** Whether the browser tells of ends, failures and questions while nobody looks at the page. */
export const notifying = persistent<"on" | "off">("sluice-notifications", "off");

/** Asks the browser for the right, which a person gives; resolves false when it is not given. */
export async function startNotifying(): Promise<boolean> {
  if (typeof Notification === "undefined") return false;
  const right =
    Notification.permission === "default" ? await Notification.requestPermission() : Notification.permission;
  notifying.set(right === "granted" ? "on" : "off");
  return right === "granted";
}

const types = ["run-end", "approval-request", "input-request"];

let following: { unsubscribe(): void } | undefined;

client.subscribe(() => {
  following?.unsubscribe();
  following = client
    .get()
    ?.watch({ filter: { types } })
    .subscribe({
      next: ({ entries }) => {
        // The newest few: whoever was away for long reads the list.
        for (const { event } of entries.slice(-3)) tell(event as unknown as FeedEvent);
      },
      error: () => undefined,
    });
});

function tell(event: FeedEvent): void {
  if (notifying.get() === "off" || !document.hidden || !("run" in event)) return;
  const said = wordsOf(event);
  if (said === undefined) return;
  // One for each run: a later one takes the place of the one before.
  const notification = new Notification(said.title, { body: said.body, tag: event.run });
  notification.onclick = () => {
    window.focus();
    go(hrefOf(`runs/${event.run}`));
    notification.close();
  };
}

function wordsOf(event: FeedEvent): { readonly title: string; readonly body: string } | undefined {
  if (!("run" in event)) return undefined;
  switch (event.type) {
    case "run-end":
      return {
        title:
          event.data.status === "ok"
            ? t("A run has ended")
            : t("A run came to nothing: {status}", { status: t(event.data.status) }),
        body: firstLine(event.data.reason ?? event.run),
      };
    case "approval-request":
      return { title: t("A run waits for an approval"), body: firstLine(event.data.message) };
    case "input-request":
      return { title: t("A run waits for a line of input"), body: firstLine(event.data.prompt) };
    default:
      return undefined;
  }
}
