import { describe, expect, it } from "vitest";

import {
  formatCost,
  formatDuration,
  formatElapsed,
  formatRunningTime,
  formatShare,
  formatTokens,
} from "../src/html/format";

describe("number formats", () => {
  it.each([
    [null, ""],
    [-5, "0 ms"],
    [420, "420 ms"],
    [949, "949 ms"],
    [9949, "9.9 s"],
    [9960, "10.0 s"],
    [59_400, "59.4 s"],
    [59_960, "1 min 0 s"],
    [185_000, "3 min 5 s"],
    [3_720_000, "1 h 2 min"],
  ])("formatDuration writes %s ms as %s", (ms, words) => {
    expect(formatDuration(ms)).toBe(words);
  });

  it.each([
    [999, "0 s"],
    [9999, "9 s"],
    [61_999, "1 min 1 s"],
  ])("formatRunningTime writes %d ms as %s", (ms, words) => {
    expect(formatRunningTime(ms)).toBe(words);
  });

  it.each([
    [null, ""],
    [999, ""],
    [1000, "1.0 s"],
  ])("formatElapsed writes %s ms as %s", (ms, words) => {
    expect(formatElapsed(ms)).toBe(words);
  });

  it.each([
    [0, "0"],
    [999, "999"],
    [1000, "1.0k"],
    [12_345, "12.3k"],
    [999_949, "999.9k"],
    [999_950, "1.0M"],
    [1_250_000, "1.3M"],
  ])("formatTokens writes %d tokens as %s", (count, words) => {
    expect(formatTokens(count)).toBe(words);
  });

  it.each([
    [null, ""],
    [0, "$0.00"],
    [0.00001, "$0.0000"],
    [0.0123, "$0.0123"],
    [0.1, "$0.1000"],
    [12.345, "$12.35"],
  ])("formatCost writes %s dollars as %s", (usd, words) => {
    expect(formatCost(usd)).toBe(words);
  });

  it("formatShare writes a share as a percentage", () => {
    expect(formatShare(0.337)).toBe("34%");
  });
});
