import { Store, useStore } from "./store.ts";

export interface Place {
  /** Without the page's base and without a slash at its start: `runs/r-1`. */
  readonly path: string;
  readonly query: URLSearchParams;
}

export const basePath =
  document.querySelector<HTMLMetaElement>('meta[name="base"]')?.content.replace("__BASE__", "") ?? "";

const place = new Store<Place>(read());

function read(): Place {
  const { pathname, search } = location;
  const path = pathname.startsWith(`${basePath}/`) ? pathname.slice(basePath.length + 1) : "";
  return { path: path.replace(/\/+$/, ""), query: new URLSearchParams(search) };
}

window.addEventListener("popstate", () => place.set(read()));

export function currentPlace(): Place {
  return place.get();
}

export function usePlace(): Place {
  return useStore(place);
}

export function hrefOf(path: string, query?: Readonly<Record<string, string | undefined>>): string {
  const given = Object.entries(query ?? {}).filter((entry): entry is [string, string] => Boolean(entry[1]));
  const search = new URLSearchParams(given).toString();
  return `${basePath}/${path}${search === "" ? "" : `?${search}`}`;
}

export function go(href: string, replace = false): void {
  if (replace) history.replaceState(null, "", href);
  else history.pushState(null, "", href);
  place.set(read());
  if (!replace) document.querySelector("main")?.scrollTo(0, 0);
}

type QueryChanges = Readonly<Record<string, string | undefined>>;

/** The present screen with another query; undefined takes a part of it away. */
function hrefWith(changes: QueryChanges): string {
  const { path, query } = place.get();
  return hrefOf(path, { ...Object.fromEntries(query), ...changes });
}

/** Changes a part of the query of the present screen, for what is typed or opened beside it. */
export function setQuery(changes: QueryChanges): void {
  go(hrefWith(changes), true);
}

/** The same for another view of the screen: the browser's way back leads to the one before. It scrolls nowhere. */
export function showView(changes: QueryChanges): void {
  const href = hrefWith(changes);
  if (href === location.pathname + location.search) return;
  history.pushState(null, "", href);
  place.set(read());
}
