import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { showWaiting } from "../src/view/tab_title";

describe("the page's title", () => {
  const [one, other] = [{}, {}];
  beforeEach(() => {
    document.title = "notes.ipynb";
  });
  afterEach(() => {
    showWaiting(one, 0);
    showWaiting(other, 0);
  });

  it("tells how many questions wait, and is afterwards as it was", () => {
    showWaiting(one, 2);
    showWaiting(other, 1);
    expect(document.title).toBe("(3) notes.ipynb");
    showWaiting(one, 0);
    expect(document.title).toBe("(1) notes.ipynb");
    showWaiting(other, 0);
    expect(document.title).toBe("notes.ipynb");
  });

  it("goes on telling it when the application gives another title", async () => {
    showWaiting(one, 2);
    document.title = "other.ipynb";
    await new Promise((resolve) => setTimeout(resolve));
    expect(document.title).toBe("(2) other.ipynb");
    showWaiting(one, 0);
    document.title = "third.ipynb";
    await new Promise((resolve) => setTimeout(resolve));
    expect(document.title).toBe("third.ipynb");
  });

  it("is left alone where nothing waits", () => {
    document.title = "(2) of my own";
    showWaiting(one, 0);
    expect(document.title).toBe("(2) of my own");
  });
});
