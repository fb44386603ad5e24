'use strict';

const { compile } = require('./compile');

module.exports = {
  /**
   * What jest runs of a test file is one call that has Node load the file itself (see environment.js).
   * The map is that of the code that Node loads: jest reads positions in stack traces with it.
   */
  process: (source, path) => ({
    code: `globalThis.loadInNode(${JSON.stringify(path)}, jest);`,
    map: compile(source, path).map,
  }),
};
