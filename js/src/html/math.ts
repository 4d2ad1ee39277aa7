/**
 * Formulas as MathML. The library is loaded from the kernel with the first formula. Without it, a
 * formula stays text.
 */

/** Interface of the library; `assets/math.ts` is the module. */
export interface MathModule {
  /** Convert TeX to MathML nodes; throws on invalid TeX. */
  readonly toMathML: (tex: string, display: boolean) => Node;
}

/** Formula: its TeX, and `display` for one on a separate line. */
export interface Formula {
  readonly tex: string;
  readonly display: boolean;
}

/** Parse `\\(...\\)` or `\\[...\\]`; null for text that is not a complete formula. */
export function formulaOf(text: string): Formula | null {
  const match = /^\\(?:\((?<inline>.+)\\\)|\[(?<display>.+)\\\])$/s.exec(text.trim());
  const { inline, display } = match?.groups ?? {};
  const tex = (inline ?? display)?.trim();
  return tex ? { tex, display: display !== undefined } : null;
}

export class MathTypesetter {
  #module: MathModule | null = null;
  #requested = false;
  readonly #cache = new Map<string, Node | null>();

  /**
   * @param load loads the library; called once, for the first formula
   * @param loaded is called after loading, to typeset formulas already on the page
   */
  constructor(
    private readonly load: () => Promise<MathModule>,
    private readonly loaded: () => void,
  ) {}

  /** Return true if formulas can be typeset at once. */
  get isLoaded(): boolean {
    return this.#module !== null;
  }

  /** Typeset the formula in `node`, or leave it until the library is loaded. */
  typeset(node: HTMLElement): void {
    if (node.querySelector("math")) return;
    if (!this.#module) {
      this.#request();
      return;
    }
    const formula = formulaOf(node.textContent);
    const nodes = formula && this.#nodes(formula);
    if (nodes) node.replaceChildren(nodes.cloneNode(true));
  }

  #request(): void {
    if (this.#requested) return;
    this.#requested = true;
    this.load().then(
      (module) => {
        this.#module = module;
        this.loaded();
      },
      (reason: unknown) => {
        console.warn("claude_notebook: formulas stay text, because their library did not load:", reason);
      },
    );
  }

  #nodes(formula: Formula): Node | null {
    const key = `${formula.display ? "display" : "inline"} ${formula.tex}`;
    let nodes = this.#cache.get(key);
    if (nodes === undefined) {
      nodes = this.#convert(formula);
      this.#cache.set(key, nodes);
    }
    return nodes;
  }

  #convert(formula: Formula): Node | null {
    try {
      return this.#module?.toMathML(formula.tex, formula.display) ?? null;
    } catch {
      return null; // incomplete or invalid TeX: the source text is more useful than an error
    }
  }
}

/** Selector of elements with a formula. */
export const FORMULAS = ".cn-math, .cn-math-block";

/** Typeset all formulas in `root`. */
export function typesetAll(root: ParentNode, math: MathTypesetter): void {
  root.querySelectorAll<HTMLElement>(FORMULAS).forEach((node) => {
    math.typeset(node);
  });
}
