import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    environment: "jsdom",
    include: ["test/**/*.test.ts"],
    maxWorkers: 1,
    // A machine that has much else to do is slow, and that is no fault.
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
