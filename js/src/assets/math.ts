/** The library for formulas, built as a module of its own and loaded when one is needed. */

import temml from "temml";

/** TeX to MathML; throws where the TeX is not right. */
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
  if (!math) throw new Error("no formula");
  return math;
}
