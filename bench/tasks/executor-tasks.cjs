'use strict';
// What executors are given to do: found by reference by the library, by file and name by the others.

exports.same = function same(value) {
  return value;
};

/** As bench/harness/work.mjs: a chain of dependent multiplications; what it comes to can be checked. */
function chain(steps) {
  let x = 1;
  for (let i = 0; i < steps; i++) x = (Math.imul(x, 1664525) + 1013904223) | 0;
  return x;
}
exports.chain = chain;

/** Several tasks in one message: what the others, whose `run` takes one, need for what `map` does by itself. */
exports.sames = function sames(values) {
  return values.map((value) => value);
};
exports.chains = function chains(values) {
  return values.map((value) => chain(value));
};

/** The tutorial's my_flow: a sum, one addition after the other. */
exports.flow = function flow(n) {
  let total = 0;
  for (let i = 0; i < n; i++) total += i;
  return total;
};
