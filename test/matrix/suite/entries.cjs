'use strict';
// Each entry point of the package, by `require` and by `import`.
const { assert } = require('./support.cjs');

const { exports: entries } = require('nogil/package.json');
const names = Object.keys(entries)
  .filter((path) => path !== './package.json')
  .map((path) => `nogil${path.slice(1)}`);
const own = (module) => Object.keys(module).filter((name) => !['default', 'module.exports', '__esModule'].includes(name));

exports.cases = {
  require() {
    assert.ok(names.length > 10);
    for (const name of names) assert.ok(own(require(name)).length > 0, name);
  },

  async import() {
    for (const name of names) {
      const imported = await import(name);
      const required = require(name);
      assert.deepEqual(own(imported).sort(), own(required).sort(), name);
      for (const key of own(required)) assert.equal(imported[key], required[key], `${name} ${key}`);
    }
  },
};
