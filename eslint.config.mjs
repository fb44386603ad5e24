import { defineConfig, globalIgnores } from 'eslint/config';
import tseslint from 'typescript-eslint';

export default defineConfig(
  // Programs that import what only an installed package has are checked by running them.
  globalIgnores([
    'test/tools/fixtures/',
    '**/node_modules/',
    'dist/',
    'build/',
    'build-*/',
    'prebuilds/',
    'coverage/',
    'test/.tmp/',
  ]),
  {
    linterOptions: { reportUnusedDisableDirectives: 'error' },
  },
  {
    files: ['lib/**/*.ts', 'test/**/*.ts', 'examples/**/*.mts', 'demo/**/*.mts'],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: {
      parserOptions: {
        project: ['./tsconfig.json', './test/tsconfig.json', './examples/tsconfig.json', './demo/tsconfig.json'],
        tsconfigRootDir: import.meta.dirname,
      },
    },
    rules: {
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      // Bounds are an invariant in the code that indexes memory; checking each word again would be the slow path.
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      // Messages and SystemExit's text show whatever value a caller gave, as Python's str() does.
      '@typescript-eslint/no-base-to-string': 'off',
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      // Python's names: queue.Empty, futures.wait, a class with one static method, ...
      '@typescript-eslint/no-extraneous-class': 'off',
      '@typescript-eslint/no-invalid-void-type': 'off',
      '@typescript-eslint/unified-signatures': 'off',
      '@typescript-eslint/prefer-nullish-coalescing': 'off',
      // `while (true)` around a compare-and-swap is how such loops are written.
      '@typescript-eslint/no-unnecessary-condition': ['error', { allowConstantLoopConditions: true }],
      '@typescript-eslint/no-unnecessary-type-parameters': 'off',
      // The twins of Python's camelCase aliases are deprecated and defined here.
      '@typescript-eslint/no-deprecated': 'off',
      '@typescript-eslint/require-await': 'off',
      // A getter on the prototype says what a class is without a field in each of its objects.
      '@typescript-eslint/class-literal-property-style': 'off',
      // `Token | 0 | -1` tells a reader what the other numbers mean.
      '@typescript-eslint/no-redundant-type-constituents': 'off',
      // What one class of a family need not do, and a wait that has nothing to undo.
      '@typescript-eslint/no-empty-function': 'off',
      // Numbers of the wire format and of native code are compared with const enums.
      '@typescript-eslint/no-unsafe-enum-assignment': 'off',
      '@typescript-eslint/no-unsafe-enum-comparison': 'off',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      eqeqeq: ['error', 'always'],
      'no-console': 'error',
      'prefer-const': 'error',
    },
  },
  {
    // Programs, which print.
    files: ['examples/**/*.mts', 'demo/**/*.mts'],
    rules: { 'no-console': 'off' },
  },
  {
    files: ['test/**/*.ts'],
    rules: {
      // Tests call what the types forbid, on purpose, and pass async functions around as jest wants them.
      '@typescript-eslint/no-unsafe-argument': 'off',
      // Reading a property is what some of them test.
      '@typescript-eslint/no-unused-expressions': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      '@typescript-eslint/no-explicit-any': 'off',
      '@typescript-eslint/no-empty-function': 'off',
      '@typescript-eslint/no-require-imports': 'off',
      '@typescript-eslint/only-throw-error': 'off',
      '@typescript-eslint/prefer-promise-reject-errors': 'off',
      '@typescript-eslint/unbound-method': 'off',
      '@typescript-eslint/no-misused-promises': 'off',
      'no-console': 'off',
      'no-restricted-properties': [
        'error',
        ...['describe', 'it', 'test'].flatMap((object) => ['only', 'skip'].map((property) => ({ object, property }))),
      ],
    },
  },
);
