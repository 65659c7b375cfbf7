/** Paths on a grid of 16, drawn with a stroke of 1.5. */
const paths = {
  overview: "M2.5 2.5h4.500v5.500h-4.500zM9.500 2.500h4v3h-4zM9.500 8h4v5.500h-4zM2.500 10.500h4.500v3h-4.500z",
  ask: "M2.500 3.500h11v7.500h-6l-3 2.500v-2.500h-2z",
  runs: "M5 3.200v9.600l7.500-4.800z",
  logs: "M2.500 4h11M2.500 8h11M2.500 12h7",
  flow: "M2 8h3M11 8h3M5 5.500h6v5h-6z",
  sandboxes: "M8 1.800l5.500 3v6.400l-5.500 3-5.500-3v-6.400zM2.500 4.800l5.500 3 5.500-3M8 7.800v6.400",
  models: "M8 2v2M8 12v2M2 8h2M12 8h2M5 5h6v6h-6zM4 4l1 1M12 4l-1 1M4 12l1-1M12 12l-1-1",
  configuration:
    "M2.500 4.500h6M12 4.500h1.500M2.500 11.500h1.500M7.500 11.500h6M10.200 2.700a1.800 1.800 0 1 0 0 3.600a1.800 1.800 0 1 0 0-3.600M5.800 9.700a1.800 1.800 0 1 0 0 3.600a1.800 1.800 0 1 0 0-3.600",
  charts: "M2.500 2.500v11h11M5.500 10.500v-3M8.500 10.500v-6M11.500 10.500v-4.500",
  events: "M1.500 8h3l2-5 3 10 2-5h3",
  sun: "M8 5.200a2.800 2.800 0 1 0 0 5.600a2.800 2.800 0 1 0 0-5.600M8 1.200v1.500M8 13.300v1.500M1.200 8h1.500M13.300 8h1.500M3.200 3.200l1 1M11.800 11.800l1 1M3.200 12.800l1-1M11.800 4.200l1-1",
  moon: "M13.200 9.800a5.800 5.800 0 0 1-7-7a5.800 5.800 0 1 0 7 7",
  auto: "M8 2a6 6 0 1 0 0 12a6 6 0 1 0 0-12M8 2v12",
  language:
    "M2 4h7M5.500 2.500v1.500M8 4c-.8 3-3 5-5.500 6M3.500 6c1 1.800 2.800 3.200 5 4M8.500 14l3-7 3 7M9.500 12h4",
  search: "M7 2.500a4.500 4.500 0 1 0 0 9a4.500 4.500 0 1 0 0-9M10.400 10.400l3.600 3.600",
  close: "M3.500 3.500l9 9M12.500 3.500l-9 9",
  pause: "M5.500 3.500v9M10.500 3.500v9",
  play: "M5 3.200v9.600l7.500-4.800z",
  copy: "M5.500 5.500h8v8h-8zM10.500 5.500v-3h-8v8h3",
  check: "M3 8.500l3.300 3.300L13 5",
  more: "M3.500 8h.01M8 8h.01M12.500 8h.01",
  left: "M10 3.500L5.500 8l4.500 4.500",
  right: "M6 3.500l4.500 4.500L6 12.500",
  edit: "M10.500 2.800l2.700 2.700-7.500 7.500-3.400.7.7-3.400z",
  down: "M3.500 6l4.500 4.500L12.500 6",
  restart: "M13 3v3.500h-3.500M13 6.500a5.500 5.500 0 1 0 .5 3",
  download: "M8 2.500v8M4.500 7.500L8 11l3.500-3.500M2.500 13.500h11",
  upload: "M8 11V3M4.500 6L8 2.500 11.500 6M2.500 13.500h11",
  stop: "M4 4h8v8h-8z",
  link: "M6.500 9.500l3-3M7 4.500l1.500-1.500a3 3 0 0 1 4.500 4.500l-1.500 1.500M9 11.500l-1.500 1.500a3 3 0 0 1-4.500-4.500l1.500-1.500",
  undo: "M3 5.500h6.500a3.700 3.700 0 0 1 0 7.500h-4M3 5.500l3-3M3 5.500l3 3",
  keyboard: "M1.500 4h13v8h-13zM4 6.500h.01M6.700 6.500h.01M9.300 6.500h.01M12 6.500h.01M5 9.500h6",
  sign: "M6.500 2.500h-4v11h4M6.500 8h7.500M11 5l3 3-3 3",
  wrap: "M2.500 3.500h11M2.500 8h8.500a2.300 2.300 0 0 1 0 4.600h-2.500M10 10.800l-1.800 1.800 1.800 1.800M2.500 12.500h3",
  clock: "M8 2a6 6 0 1 0 0 12a6 6 0 1 0 0-12M8 4.800v3.500l2.300 1.400",
  // States: each has a shape of its own, so that colour is not what tells them apart.
  ok: "M8 2a6 6 0 1 0 0 12a6 6 0 1 0 0-12M5.200 8.200l2 2 3.600-4",
  degraded: "M8 2.200l6.300 11.300h-12.600zM8 6.500v3.200M8 11.600h.01",
  failed: "M5.500 2h5l3.500 3.500v5l-3.500 3.500h-5l-3.500-3.500v-5zM6 6l4 4M10 6l-4 4",
  starting: "M8 2a6 6 0 0 1 6 6M8 14a6 6 0 0 1-6-6",
  stopped: "M3.500 3.500h9v9h-9z",
  absent: "M8 2a6 6 0 1 0 0 12a6 6 0 1 0 0-12M5 8h6",
  info: "M8 2a6 6 0 1 0 0 12a6 6 0 1 0 0-12M8 7.500v3.500M8 5h.01",
  waiting: "M8 2a6 6 0 1 0 0 12a6 6 0 1 0 0-12M6.200 6.200a1.900 1.900 0 1 1 2.600 2c-.5.3-.8.6-.8 1.100M8 11.300h.01",
} as const;

export type IconName = keyof typeof paths;

/** Decoration: whatever it says is said in words beside it, or by the label of the button around it. */
export function Icon({ name, size = 16 }: { readonly name: IconName; readonly size?: number }) {
  return (
    <svg className="icon" width={size} height={size} viewBox="0 0 16 16" aria-hidden="true" focusable="false">
      <path d={paths[name]} />
    </svg>
  );
}
