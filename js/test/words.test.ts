import { describe, expect, it } from "vitest";

import { duration, money, percent, ticking, tokens } from "../src/html/format";

describe("words", () => {
  it.each([
    [-5, "0.0 s"],
    [420, "0.4 s"],
    [9949, "9.9 s"],
    [9950, "10 s"],
    [59_400, "59 s"],
    [59_600, "1 min 00 s"],
    [185_000, "3 min 05 s"],
    [3_720_000, "1 h 02 min"],
  ])("a duration of %d ms is %s", (ms, words) => {
    expect(duration(ms)).toBe(words);
  });

  it.each([
    [999, "0 s"],
    [9999, "9 s"],
    [61_999, "1 min 01 s"],
  ])("a running time of %d ms is %s", (ms, words) => {
    expect(ticking(ms)).toBe(words);
  });

  it.each([
    [0, "0"],
    [999, "999"],
    [1000, "1k"],
    [12_345, "12.3k"],
    [999_949, "999.9k"],
    [999_950, "1M"],
    [1_250_000, "1.3M"],
  ])("%d tokens are %s", (count, words) => {
    expect(tokens(count)).toBe(words);
  });

  it.each([
    [0, "$0"],
    [0.00001, "<$0.0001"],
    [0.0123, "$0.0123"],
    [0.1, "$0.10"],
    [12.345, "$12.35"],
  ])("%d dollars are %s", (usd, words) => {
    expect(money(usd)).toBe(words);
  });

  it("a share is a percentage", () => {
    expect(percent(0.337)).toBe("34 %");
  });
});
