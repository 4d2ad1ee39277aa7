import { afterEach, beforeEach, describe, expect, it } from "vitest";

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

  it("leaves the title alone without open questions", () => {
    document.title = "(2) of my own";
    showOpenQuestions(one, 0);
    expect(document.title).toBe("(2) of my own");
  });
});
