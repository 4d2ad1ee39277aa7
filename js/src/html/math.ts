/**
 * Formulas as MathML. The library arrives from the kernel when the first formula does; until then,
 * and where it cannot be had, a formula stays the text that it is.
 */

/** What the library offers of itself; `assets/math.ts` is the module. */
export interface MathModule {
  /** TeX to MathML nodes; throws where the TeX is not right. */
  readonly toMathML: (tex: string, display: boolean) => Node;
}

/** A formula: its TeX, and whether it stands on a line of its own. */
export interface Formula {
  readonly tex: string;
  readonly display: boolean;
}

/** What `\\(...\\)` or `\\[...\\]` say; null for text that is no whole formula. */
export function formulaOf(text: string): Formula | null {
  const match = /^\\(?:\((?<inline>.+)\\\)|\[(?<display>.+)\\\])$/s.exec(text.trim());
  const { inline, display } = match?.groups ?? {};
  const tex = (inline ?? display)?.trim();
  return tex ? { tex, display: display !== undefined } : null;
}

export class MathTypesetter {
  #module: MathModule | null = null;
  #asked = false;
  readonly #cache = new Map<string, Node | null>();

  /**
   * @param load brings the library; called once, at the first formula
   * @param loaded is told when it is there: formulas already on the page can be set now
   */
  constructor(
    private readonly load: () => Promise<MathModule>,
    private readonly loaded: () => void,
  ) {}

  /** Whether formulas can be set at once. */
  get isLoaded(): boolean {
    return this.#module !== null;
  }

  /** Show the formula in `node`, or leave it for later when the library is not there yet. */
  typeset(node: HTMLElement): void {
    if (node.querySelector("math")) return;
    if (!this.#module) {
      this.#ask();
      return;
    }
    const formula = formulaOf(node.textContent);
    const nodes = formula && this.#nodes(formula);
    if (nodes) node.replaceChildren(nodes.cloneNode(true));
  }

  #ask(): void {
    if (this.#asked) return;
    this.#asked = true;
    this.load().then(
      (module) => {
        this.#module = module;
        this.loaded();
      },
      (reason: unknown) => {
        console.warn("claude_notebook: formulas stay text:", reason);
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
      return null; // half a formula, or not TeX at all: the text says more than an error
    }
  }
}

/** Selects what holds a formula. */
export const FORMULAS = ".cn-math, .cn-math-block";

/** Show all formulas in `root`. */
export function typesetAll(root: ParentNode, math: MathTypesetter): void {
  root.querySelectorAll<HTMLElement>(FORMULAS).forEach((node) => {
    math.typeset(node);
  });
}
