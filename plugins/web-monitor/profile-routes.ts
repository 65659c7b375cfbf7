import { type Route, textIn } from "./route.ts";

/** The profile: read, checked, changed. */
export const profileRoutes: readonly Route[] = [
  {
    ...{ method: "GET", path: "plugins", needs: "profile.check" },
    handle: async ({ host }) => ({ plugins: await host.operation.plugins() }),
  },
  {
    ...{ method: "GET", path: "profile", needs: "profile.read" },
    handle: ({ host }) => host.operation.profile.read(),
  },
  {
    ...{ method: "POST", path: "profile/check", needs: "profile.check" },
    handle: ({ host, body }) => host.operation.profile.check(textIn(body, "text")),
  },
  {
    // One option of a text that is still being edited: nothing is written.
    ...{ method: "POST", path: "profile/edit", needs: "profile.check" },
    handle: ({ host, body }) => ({
      text: host.operation.profile.edit(textIn(body, "text"), textIn(body, "pointer"), body["value"] ?? undefined),
    }),
  },
  {
    ...{ method: "POST", path: "profile/apply", needs: "profile.apply" },
    handle: ({ host, body, origin }) =>
      host.operation.profile.apply(textIn(body, "text"), textIn(body, "revision"), origin),
  },
  {
    ...{ method: "POST", path: "profile/undo", needs: "profile.apply" },
    handle: ({ host, origin }) => host.operation.profile.undo(origin),
  },
];
