'use strict';

const ts = require('typescript');

/** Types are not checked here but by `npm run lint`, with the options of test/tsconfig.json. */
const compilerOptions = {
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.Node16,
  moduleResolution: ts.ModuleResolutionKind.Node16,
  sourceMap: true,
};

/** The CommonJS code of a TypeScript file, and its source map. */
exports.compile = (source, fileName) => {
  const { outputText, sourceMapText } = ts.transpileModule(source, { fileName, compilerOptions });
  return { code: outputText, map: sourceMapText };
};
