// Writes src/protocol/frames.ts from the server's Pydantic models; with --check only compares.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { compile } from "json-schema-to-typescript";

const root = new URL("../../../", import.meta.url).pathname;
const target = new URL("../src/protocol/frames.ts", import.meta.url).pathname;
const venv = `${root}.venv/bin/python`;
const python = process.env.PYTHON ?? (existsSync(venv) ? venv : "python3");

const printed = spawnSync(python, [`${root}manage.py`, "frames"], {
  encoding: "utf8",
  stdio: ["ignore", "pipe", "inherit"],
});
if (printed.status !== 0) {
  console.error(`${python} manage.py frames failed; PYTHON names another Python.`);
  process.exit(2);
}
const schema = JSON.parse(printed.stdout);
const types = await compile(schema, "Frame", {
  additionalProperties: false,
  bannerComment: "// Generated from tutor/protocol/frames.py by `npm run frames`. Do not edit.",
  format: true,
  style: { printWidth: 100 },
});
const text = `${types}
${constants("PROTOCOL", schema["x-protocol"])}
/** Sizes the server refuses to exceed. */
${constants("LIMITS", schema["x-limits"])}
/** Why the server closes the connection. */
${constants("CLOSE", schema["x-close"])}`;

if (!process.argv.includes("--check")) {
  writeFileSync(target, text);
} else if (!existsSync(target) || readFileSync(target, "utf8") !== text) {
  console.error(
    "src/protocol/frames.ts is not what tutor/protocol/frames.py says. Run `npm run frames`.",
  );
  process.exit(1);
}

function constants(name, value) {
  const literal = JSON.stringify(value, null, 2).replace(/"(\w+)":/g, "$1:");
  const comma = literal.replace(/(\d)\n}$/, "$1,\n}");
  return `export const ${name} = ${comma} as const;\n`;
}
