import { defineConfig } from "vitest/config";

export default defineConfig({
  // Django serves dist/ under STATIC_URL and finds the entries in the manifest.
  base: "/static/",
  build: {
    outDir: "dist",
    emptyOutDir: true,
    manifest: "manifest.json",
    modulePreload: { polyfill: false },
    // The editor is most of it, and every lesson needs it at once: splitting would gain nothing.
    chunkSizeWarningLimit: 700,
    // The site's policy lets no style sheet bring its fonts along as data.
    assetsInlineLimit: 0,
    rollupOptions: { input: ["src/lesson.tsx", "src/site.ts", "src/preview.ts"] },
  },
  test: {
    environment: "jsdom",
    // Files share a page, and what they import: a page for each was most of the time they took.
    // Each puts back what it replaces.
    isolate: false,
    unstubGlobals: true,
    restoreMocks: true,
    include: ["tests/**/*.test.{ts,tsx}"],
    // Else style sheets are empty, and their length could not be checked.
    css: true,
    // On a machine that does much else, thousands of random steps take more than the usual 5 s.
    testTimeout: 30_000,
  },
});
