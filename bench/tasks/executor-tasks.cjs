'use strict';
// What executors are given to do: found by reference by the library, by file and name by the others.
const { same, flow } = {
  same: (value) => value,
  // The tutorial's my_flow: a sum, one addition after the other.
  flow(n) {
    let total = 0;
    for (let i = 0; i < n; i++) total += i;
    return total;
  },
};

exports.same = same;
exports.flow = flow;

// workerpool has its worker register functions, tinypool and piscina import them.
const { isMainThread } = require('node:worker_threads');
if (!isMainThread) {
  try {
    require('workerpool').worker({ same, flow });
  } catch (error) {
    if (error.code !== 'MODULE_NOT_FOUND') throw error;
  }
}
