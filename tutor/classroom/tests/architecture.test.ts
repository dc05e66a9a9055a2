// The folders of src, from the lowest to the highest: each imports from those before it only, and
// of packages only what is named here. Circles between files are found by Biome (noImportCycles).
// Tools that know both need TypeScript's compiler as a library, which TypeScript 7 has none of.

import { parseSync } from "vite";
import { describe, expect, it } from "vitest";

interface Layer {
  folder: string;
  /** Packages besides; a scope stands for all of its packages. */
  packages?: string[];
}

const LAYERS: Layer[] = [
  { folder: "base" },
  { folder: "protocol" },
  { folder: "page" },
  { folder: "editor", packages: ["@codemirror", "@lezer"] },
  { folder: "text", packages: ["dompurify", "katex", "markdown-it", "preact"] },
  { folder: "connection" },
  { folder: "program", packages: ["node-diff3"] },
  { folder: "storage", packages: ["idb-keyval"] },
  { folder: "state" },
  { folder: "classroom" },
  { folder: "controls", packages: ["preact"] },
  { folder: "history", packages: ["preact"] },
  { folder: "workbench", packages: ["preact"] },
  { folder: "dialogue", packages: ["preact"] },
  { folder: "lesson", packages: ["preact"] },
];
// They stand in src itself, import whatever they start, and are imported by nobody.
const ENTRIES = ["lesson.tsx", "preview.ts", "site.ts"];
// Style sheets, which only entries import.
const STYLES = "styles";

const raw = import.meta.glob<string>("../src/**/*", {
  query: "?raw",
  import: "default",
  eager: true,
});
// Their texts, by path below the project's folder.
const files = new Map(Object.entries(raw).map(([path, text]) => [path.replace("../", ""), text]));
const below = (suffix: RegExp) =>
  [...files.keys()].flatMap((path) =>
    path.startsWith("src/") && suffix.test(path) ? [path.slice("src/".length)] : [],
  );
const modules = below(/\.tsx?$/);
const folders = LAYERS.map(({ folder }) => folder);

/** Everything that a module imports, types included: packages, or paths below src. */
function importsOf(path: string): string[] {
  const text = files.get(`src/${path}`) ?? "";
  const { module } = parseSync(path, text);
  const exported = module.staticExports.flatMap(({ entries }) =>
    entries.flatMap(({ moduleRequest }) => moduleRequest?.value ?? []),
  );
  const named = [...module.staticImports.map((one) => one.moduleRequest.value), ...exported];
  // Also where a type stands.
  const inPlace = [...text.matchAll(/\bimport\("([^"]+)"\)/g)].map(([, name]) => name ?? "");
  return [...named, ...inPlace].map((name) =>
    name.startsWith(".") ? new URL(name, `file:///${path}`).pathname.slice(1) : name,
  );
}

const first = (path: string) => path.split("/")[0] ?? "";
const inFolder = (path: string) => path.includes("/");

describe("the folders of src", () => {
  it("hold every module but the entries, and are all in the order", () => {
    const found = new Set(modules.filter(inFolder).map(first));
    expect([...found].toSorted()).toEqual(folders.toSorted());
    expect(modules.filter((path) => !inFolder(path)).toSorted()).toEqual(ENTRIES);
    expect(below(/\.css$/).filter((path) => first(path) !== STYLES)).toEqual([]);
  });

  it.each([...folders, STYLES])("say in a README what belongs there: %s", (folder) => {
    expect(files.get(`src/${folder}/README.md`)).toMatch(/\w/);
  });

  it.each(LAYERS)("import from those before them only: $folder", ({ folder, packages = [] }) => {
    const allowed = [...folders.slice(0, folders.indexOf(folder) + 1), ...packages];
    const wrong = modules
      .filter((path) => inFolder(path) && first(path) === folder)
      .flatMap((path) =>
        importsOf(path)
          .filter((name) => !allowed.includes(first(name)))
          .map((name) => `${path} imports ${name}`),
      );
    expect(wrong).toEqual([]);
  });
});

/** The modules, and packages, that a browser loads with an entry: types and what is asked for later aside. */
function loadedWith(entry: string): Set<string> {
  const loaded = new Set<string>();
  const visit = (path: string) => {
    if (!loaded.has(path)) {
      loaded.add(path);
      const { module } = parseSync(path, files.get(`src/${path}`) ?? "");
      const named = [
        ...module.staticImports
          .filter(({ entries }) => entries.length === 0 || entries.some((one) => !one.isType))
          .map((one) => one.moduleRequest.value),
        ...module.staticExports.flatMap(({ entries }) =>
          entries.flatMap((one) => (one.isType ? [] : (one.moduleRequest?.value ?? []))),
        ),
      ];
      for (const name of named) {
        if (name.startsWith(".")) {
          const found = new URL(name, `file:///${path}`).pathname.slice(1);
          visit(modules.find((one) => one.replace(/\.tsx?$/, "") === found) ?? found);
        } else {
          loaded.add(name);
        }
      }
    }
  };
  visit(entry);
  return loaded;
}

it("loads nothing to compare texts with before somebody does", () => {
  const loaded = loadedWith("lesson.tsx");
  expect(loaded).toContain("workbench/VersionDialog.tsx");
  expect(loaded).toContain("@codemirror/view");
  const late = ["history/dialogs.ts", "program/merge.ts", "editor/diffView.ts"];
  expect(modules).toEqual(expect.arrayContaining(late));
  const packages = ["@codemirror/merge", "node-diff3"];
  expect([...late, ...packages].filter((name) => loaded.has(name))).toEqual([]);
  expect([...loadedWith("history/dialogs.ts")]).toEqual(
    expect.arrayContaining([...late, ...packages]),
  );
});

it("finds static imports, dynamic ones and those of types", () => {
  expect(importsOf("lesson.tsx")).toContain("classroom/classroom");
  expect(importsOf("text/maths.ts")).toEqual(["text/katex", "text/katex"]);
  expect(importsOf("workbench/EditorPane.tsx")).toContain("preact/hooks");
});
