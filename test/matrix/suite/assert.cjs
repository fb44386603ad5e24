'use strict';
// What the cases need of node:assert, which asks for standard error as it loads: under Wine there is none that Node can use.
const { isDeepStrictEqual, inspect } = require('node:util');

function fail(what, message) {
  throw new Error(message === undefined ? what : `${message}: ${what}`);
}

function check(error, wanted) {
  if (typeof wanted === 'function') {
    if (!wanted(error)) throw error;
    return;
  }
  for (const [key, value] of Object.entries(wanted)) {
    const same = value instanceof RegExp ? value.test(error[key]) : error[key] === value;
    if (!same) throw new Error(`${key} of the error is ${inspect(error[key])}, not ${inspect(value)}`, { cause: error });
  }
}

module.exports = {
  ok(value, message) {
    if (!value) fail(`${inspect(value)} is not true`, message);
  },

  equal(actual, expected, message) {
    if (!Object.is(actual, expected)) fail(`${inspect(actual)} is not ${inspect(expected)}`, message);
  },

  notEqual(actual, other, message) {
    if (Object.is(actual, other)) fail(`${inspect(actual)} twice`, message);
  },

  deepEqual(actual, expected, message) {
    if (!isDeepStrictEqual(actual, expected)) fail(`${inspect(actual)} is not ${inspect(expected)}`, message);
  },

  throws(call, wanted) {
    let result;
    try {
      result = call();
    } catch (error) {
      check(error, wanted);
      return;
    }
    fail(`no error, but ${inspect(result)}`);
  },

  async rejects(promise, wanted) {
    let result;
    try {
      result = await promise;
    } catch (error) {
      check(error, wanted);
      return;
    }
    fail(`no error, but ${inspect(result)}`);
  },
};
