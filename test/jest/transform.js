'use strict';

/** See environment.js: what jest runs of a test file is one call that has Node load the file itself. */
module.exports = {
  process: (_source, path) => ({ code: `globalThis.loadInNode(${JSON.stringify(path)}, jest);` }),
};
