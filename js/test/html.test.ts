import { describe, expect, it } from "vitest";

import { morph, showRemoteImage, toNodes } from "../src/html/fragment";

const box = (html: string): HTMLElement => {
  const node = document.createElement("div");
  node.append(toNodes(html));
  return node;
};

describe("toNodes", () => {
  it("opens external links without an opener", () => {
    const [out, within] = box('<a href="https://e.org">x</a><a href="#f">1</a>').children;
    expect(out?.getAttribute("rel")).toBe("noopener noreferrer");
    expect(out?.getAttribute("target")).toBe("_blank");
    expect(within?.hasAttribute("target")).toBe(false);
  });

  it("shows embedded images and loads remote ones on a click", () => {
    const node = box(
      '<img src="data:image/png;base64,AA==" alt="in"><img src="https://e.org/a.png?q=1" alt="out" srcset="x">' +
        '<img src="//e.org/b.png"><img src="file:///etc/passwd" alt="f"><img src="data:text/html,x">',
    );
    const shown = [...node.querySelectorAll("img")].map((image) => image.alt);
    expect(shown).toEqual(["in"]);
    const button = node.querySelector("button");
    expect(button?.textContent).toBe("Load out from e.org");
    if (button) showRemoteImage(button);
    expect(node.querySelector<HTMLImageElement>('img[alt="out"]')?.src).toBe("https://e.org/a.png?q=1");
    expect(node.textContent).toContain("[f]");
  });

  it("shows an image that Python wrote as a link in place", () => {
    const node = box('<a class="cn-remote" href="https://e.org/a.png">🖼 chart</a>');
    expect(node.querySelector("a")).toBeNull();
    expect(node.querySelector("button")?.dataset["src"]).toBe("https://e.org/a.png");
  });

  it("never runs a script, even an unsanitized one", () => {
    const page = globalThis as { ran?: boolean };
    document.body.append(box("<script>globalThis.ran = true</script>"));
    expect(page.ran).toBeUndefined();
  });
});

describe("morph", () => {
  const morphed = (before: string, after: string): [HTMLElement, Node[]] => {
    const node = box(before);
    const nodes = [...node.childNodes];
    morph(node, toNodes(after));
    return [node, nodes];
  };

  it.each([
    ["", "<p>a</p>"],
    ["<p>a</p>", ""],
    ["<p>a</p>", "<p>ab</p>"],
    ["<p>a</p>", "<h1>a</h1>"],
    ["<p>a</p><ul><li>1</li></ul>", "<p>a</p><ul><li>1</li><li>2 <b>x</b></li></ul><p>c</p>"],
    ["<p>a <b>b</b> c</p>", "<p>a b c</p>"],
    ['<p class="x">a</p>', '<p class="y">a</p>'],
    ["text", "<p>text</p>"],
  ])("turns %j into %j", (before, after) => {
    expect(morphed(before, after)[0].innerHTML).toBe(after);
  });

  it("keeps nodes that only grow", () => {
    const [node, before] = morphed("<p>one tw</p>", "<p>one two</p><p>th</p>");
    expect(node.firstChild).toBe(before[0]);
    expect(node.firstChild?.firstChild).toBe(before[0]?.firstChild);
  });
});
