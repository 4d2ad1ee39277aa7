/** Small line icons on a 16 by 16 grid, in the color of the surrounding text. */

import { svg } from "./element";
import type { IconName } from "../model";

type Glyph =
  | IconName
  | "check"
  | "chevron"
  | "circle"
  | "clock"
  | "compress"
  | "copy"
  | "cross"
  | "dash"
  | "down"
  | "half"
  | "info"
  | "prompt"
  | "spark"
  | "stop"
  | "warning"
  | "wrap";

const PATHS: Readonly<Record<Glyph, string>> = {
  tool: "M9.6 3a3.2 3.2 0 0 1 3.9-.6L11.6 4.3l.1 1.6 1.6.1 1.6-1.6a3.3 3.3 0 0 1-4.4 4L5.3 13.6a1.6 1.6 0 0 1-2.4-2.3l5.3-5.1A3.3 3.3 0 0 1 9.6 3z",
  terminal: "M3 4.5 6.5 8 3 11.5M8.5 12H13",
  read: "M8 4.2C6.6 3.2 4.6 2.9 2.2 3v9.4c2.4-.1 4.4.2 5.8 1.2 1.4-1 3.4-1.3 5.8-1.2V3c-2.4-.1-4.4.2-5.8 1.2zM8 4.2v9.2",
  write: "M9 2H4v12h8V5zM9 2v3h3M8 7.5v4M6 9.5h4",
  edit: "M11 2.8 13.2 5 5.5 12.7 2.6 13.4 3.3 10.5zM9.5 4.3l2.2 2.2",
  search: "M7 2.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9zM10.3 10.3 13.8 13.8",
  web: "M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2zM2.2 8h11.6M8 2c3.6 3.6 3.6 8.4 0 12M8 2c-3.6 3.6-3.6 8.4 0 12",
  agent: "M3 5.5h10v8H3zM8 2.5v3M5.8 8.7v1.6M10.2 8.7v1.6M1.2 8.5v2.5M14.8 8.5v2.5",
  todo: "M2.2 4.2 3.4 5.4 5.4 3.2M2.2 11.2l1.2 1.2 2-2.2M8 4.5h6M8 11.5h6",
  plan: "M2 4l4-1.6 4 1.6 4-1.6V12l-4 1.6L6 12l-4 1.6zM6 2.4V12M10 4v9.6",
  question:
    "M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2zM6.2 6.3c.2-2.4 3.8-2.2 3.6.1C9.7 7.7 8 7.8 8 9.4M8 11.4v.2",
  notebook: "M4 2h9v12H4zM6.5 2v12M2.5 5H5M2.5 8H5M2.5 11H5M8.5 5H11",
  plug: "M6 2v3M10 2v3M4 5h8v2.5a4 4 0 0 1-8 0zM8 11.5V14",
  table: "M2 3h12v10H2zM2 6.4h12M2 9.7h12M6.5 3v10",
  image: "M2 3h12v10H2zM2.4 11.6 6 8l2.6 2.6L10.6 9l3 2.6M10.4 5.6v.2",
  check: "M3 8.5 6.4 12 13 4.5",
  chevron: "M6 3.5 10.5 8 6 12.5",
  circle: "M8 3a5 5 0 1 0 0 10A5 5 0 0 0 8 3z",
  clock: "M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2zM8 4.8V8l2.4 1.6",
  compress: "M4 2l4 3.5L12 2M4 14l4-3.5 4 3.5M2 8h12",
  copy: "M5.5 5.5h8v8h-8zM3 10.5h-.5v-8h8V3",
  cross: "M4 4l8 8M12 4l-8 8",
  dash: "M3.8 12.2 12.2 3.8M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2z",
  down: "M8 2.5v10.5M3.5 8.7 8 13.2l4.5-4.5",
  half: "M8 3a5 5 0 1 0 0 10A5 5 0 0 0 8 3zM8 4v8M9.4 4.4v7.2M10.8 5.4v5.2",
  info: "M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2zM8 7.2v4M8 4.7v.2",
  prompt: "M5 3.5 10 8l-5 4.5",
  spark: "M8 2v4M8 10v4M2 8h4M10 8h4M4 4l2 2M10 10l2 2M12 4l-2 2M6 10l-2 2",
  stop: "M4 4h8v8H4z",
  warning: "M8 2.2 14.6 13.6H1.4zM8 6.4v3.4M8 11.6v.2",
  wrap: "M2 3.5h12M2 8h9.5a2.3 2.3 0 0 1 0 4.6H8M9.8 10.6 7.8 12.6l2 2M2 12.5h3",
};

/** Return an icon by name, or the generic icon if unknown. Screen readers skip it. */
export function icon(name: string): SVGElement {
  const path = Object.hasOwn(PATHS, name) ? PATHS[name as Glyph] : PATHS.tool;
  return svg(
    "svg",
    {
      class: `cnv-icon cnv-icon-${Object.hasOwn(PATHS, name) ? name : "tool"}`,
      viewBox: "0 0 16 16",
      width: 16,
      height: 16,
      fill: "none",
      stroke: "currentColor",
      "stroke-width": 1.4,
      "stroke-linecap": "round",
      "stroke-linejoin": "round",
      "aria-hidden": "true",
      focusable: "false",
    },
    svg("path", { d: path }),
  );
}
