#!/usr/bin/env node
// `contextlite`: runs the program of the package for this platform, with the same arguments, input,
// output and end. It looks nowhere else, so it cannot find itself.
"use strict";

const { spawn } = require("node:child_process");
const { binaryPath } = require("../lib/binary.js");

let binary;
try {
  binary = binaryPath();
} catch (error) {
  if (error.code !== "NO_BINARY") throw error;
  console.error(`error: ${error.message}`);
  process.exit(1);
}

const given = process.argv.slice(2);
if (typeof process.execve === "function") {
  // The program takes this process's place: one process, and a signal reaches it, kill -9 too.
  process.removeAllListeners("warning");
  process.execve(binary, [binary, ...given]);
}

const program = spawn(binary, given, { stdio: "inherit", windowsHide: true });
// A terminal sends its signals to both; one that only this process gets is passed on.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"])
  process.on(signal, () => program.kill(signal));
program.on("error", (error) => {
  console.error(`error: ${binary} cannot be run: ${error.message}`);
  process.exit(1);
});
program.on("exit", (code, signal) => {
  if (signal === null) process.exit(code);
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
});
