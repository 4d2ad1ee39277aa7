/** Formula library, built as a separate module and loaded on demand. */

import temml from "temml";

/** Convert TeX to MathML; throws on invalid TeX. */
export function toMathML(tex: string, display: boolean): Node {
  const holder = document.createElement("span");
  temml.render(tex, holder, {
    displayMode: display,
    throwOnError: true,
    trust: false,
    maxExpand: 500,
    maxSize: [20, 50],
  });
  const [math] = holder.childNodes;
  if (!math) throw new Error("The TeX gave no formula");
  return math;
}
