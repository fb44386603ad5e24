'use strict';

/**
 * Runs each test file in Node's own realm and through Node's own module loader, instead of jest's
 * sandbox (a vm context with its own module registry). The library could not be tested in there:
 * what native code, structured clone and other threads hand over has the classes of the main realm
 * (`instanceof Map` fails in the sandbox), functions are found by Node's `require.cache`, and
 * `import()` does not work. `nogil/...` is resolved by Node through package.json, as a user's is.
 *
 * What jest offers stays, except what needs its module registry (`jest.mock`, `jest.resetModules`).
 */
const { readFileSync } = require('node:fs');
const Module = require('node:module');
const { join, sep } = require('node:path');
const { TestEnvironment } = require('jest-environment-node');
const { compile } = require('./compile');
const { unwatch, watch } = require('./watchdog');

const TESTS = join(__dirname, '..') + sep;
const GLOBALS = ['describe', 'xdescribe', 'fdescribe', 'test', 'xtest', 'it', 'xit', 'fit', 'expect'];
const HOOKS = ['beforeAll', 'beforeEach', 'afterAll', 'afterEach'];

Module._extensions['.ts'] = (module, filename) => {
  module._compile(compile(readFileSync(filename, 'utf8'), filename).code, filename);
};

module.exports = class NodeEnvironment extends TestEnvironment {
  async setup() {
    await super.setup();
    watch();
    this.global.loadInNode = (file, jest) => {
      for (const name of [...GLOBALS, ...HOOKS]) globalThis[name] = this.global[name];
      globalThis.jest = jest;
      // Helpers are loaded anew for each test file, so that hooks that they set up belong to it; the library is not:
      // its native half is one for the whole process in any case.
      for (const path of Object.keys(require.cache)) {
        // What is passed between threads stays: the library knows the classes and functions that it has loaded.
        if (path.startsWith(TESTS) && !path.startsWith(__dirname) && !path.includes(`${sep}fixtures${sep}`))
          delete require.cache[path];
      }
      require(file);
    };
  }

  async teardown() {
    unwatch();
    await super.teardown();
  }
};
