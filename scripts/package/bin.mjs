#!/usr/bin/env node
// The package's program. Nothing is imported before the runtime is known to be new enough to read it.
import process from "node:process";

const [major, minor] = process.versions.node.split(".").map(Number);
if (major > 22 || (major === 22 && minor >= 13)) {
  quietExperiments();
  await import("../scripts/frontrow.js");
} else {
  console.error(`frontrow needs Node 22.13 or newer, and this is ${process.versions.node}.`);
  process.exitCode = 2;
}

/** That node:sqlite is an experiment of Node's is nothing that the person at the terminal can do anything about. */
function quietExperiments() {
  const { emitWarning } = process;
  process.emitWarning = (warning, ...more) => {
    const kind = typeof more[0] === "string" ? more[0] : (more[0]?.type ?? warning?.name);
    if (kind !== "ExperimentalWarning") emitWarning.call(process, warning, ...more);
  };
}
