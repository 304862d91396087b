/** The ES module: the same names, and the same classes, as the CommonJS one. */

export * from "./index.js";
