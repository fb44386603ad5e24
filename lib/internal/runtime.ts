/** Not Bun or Deno, which have Node's modules but not all that is behind them. */
export const isNode: boolean = process.versions.bun === undefined && process.versions.deno === undefined;
