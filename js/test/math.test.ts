import { describe, expect, it, vi } from "vitest";

import { toMathML } from "../src/assets/math";
import { formulaOf, type MathModule, MathTypesetter } from "../src/html/math";

const formula = (tex: string): HTMLElement => {
  const node = document.createElement("span");
  node.textContent = tex;
  return node;
};

describe("MathTypesetter", () => {
  it.each([
    ["\\(x\\)", { tex: "x", display: false }],
    [" \\[ a\nb \\] ", { tex: "a\nb", display: true }],
    ["\\(x", null],
    ["\\(\\)", null],
    ["$5 and $10", null],
  ])("%j is read", (text, found) => {
    expect(formulaOf(text)).toEqual(found);
  });

  it("renders MathML once the library is loaded, and loads it once", async () => {
    const load = vi.fn(() => Promise.resolve<MathModule>({ toMathML }));
    const first = formula("\\(\\frac{1}{2}\\)");
    const loaded = await new Promise<MathTypesetter>((resolve) => {
      const math = new MathTypesetter(load, () => {
        resolve(math);
      });
      math.typeset(first);
      math.typeset(formula("\\(y\\)"));
      expect(first.textContent).toBe("\\(\\frac{1}{2}\\)");
    });
    loaded.typeset(first);
    expect(first.querySelector("math mfrac")).not.toBeNull();
    expect(load).toHaveBeenCalledTimes(1);
  });

  it("leaves invalid formulas as text, and all formulas without the library", async () => {
    const wrong = formula("\\(\\frac{\\)");
    const math = new MathTypesetter(
      () => Promise.resolve({ toMathML }),
      () => undefined,
    );
    math.typeset(wrong);
    await Promise.resolve();
    math.typeset(wrong);
    expect(wrong.textContent).toBe("\\(\\frac{\\)");
  });

  it("renders no links, loads or styles", () => {
    for (const tex of [
      "\\href{https://example.org}{x}",
      "\\includegraphics{https://example.org/a.png}",
      "\\class{cnv-root}{x}",
      "\\style{position:fixed}{x}",
    ]) {
      let shown = "";
      try {
        const holder = document.createElement("div");
        holder.append(toMathML(tex, false));
        shown = holder.innerHTML;
      } catch {
        // Rejecting the formula is right as well.
      }
      expect(shown).not.toMatch(/href=|src=|<img|position|class="[^"]*cnv-root/);
    }
  });
});
