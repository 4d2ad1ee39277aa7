import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { showOpenQuestions } from "../src/view/tab_title";

describe("showOpenQuestions", () => {
  const [one, other] = [{}, {}];
  beforeEach(() => {
    document.title = "notes.ipynb";
  });
  afterEach(() => {
    showOpenQuestions(one, 0);
    showOpenQuestions(other, 0);
  });

  it("counts open questions in the title and restores it", () => {
    showOpenQuestions(one, 2);
    showOpenQuestions(other, 1);
    expect(document.title).toBe("(3) notes.ipynb");
    showOpenQuestions(one, 0);
    expect(document.title).toBe("(1) notes.ipynb");
    showOpenQuestions(other, 0);
    expect(document.title).toBe("notes.ipynb");
  });

  it("keeps the count when the application changes the title", async () => {
    showOpenQuestions(one, 2);
    document.title = "other.ipynb";
    await new Promise((resolve) => setTimeout(resolve));
    expect(document.title).toBe("(2) other.ipynb");
    showOpenQuestions(one, 0);
    document.title = "third.ipynb";
    await new Promise((resolve) => setTimeout(resolve));
    expect(document.title).toBe("third.ipynb");
  });

  it("counts questions of widgets that loaded separate copies of the module", async () => {
    vi.resetModules();
    const copy = await import("../src/view/tab_title");
    expect(copy.showOpenQuestions).not.toBe(showOpenQuestions);
    const titles: string[] = [];
    showOpenQuestions(one, 2);
    copy.showOpenQuestions(other, 1);
    titles.push(document.title);
    showOpenQuestions(one, 0);
    titles.push(document.title);
    // Before any observer runs: copies that disagree would block the page, and this test, for good.
    copy.showOpenQuestions(other, 0);
    titles.push(document.title);
    expect(titles).toEqual(["(3) notes.ipynb", "(1) notes.ipynb", "notes.ipynb"]);
    await new Promise((resolve) => setTimeout(resolve));
    expect(document.title).toBe("notes.ipynb");
  });

  it("leaves the title alone without open questions", () => {
    document.title = "(2) of my own";
    showOpenQuestions(one, 0);
    expect(document.title).toBe("(2) of my own");
  });
});
