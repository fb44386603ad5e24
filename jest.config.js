'use strict';

/** @type {import('jest').Config} */
module.exports = {
  roots: ['<rootDir>/test'],
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  // What scripts and packages of the tests' own making look like to jest.
  modulePathIgnorePatterns: ['<rootDir>/test/.tmp/'],
  testEnvironment: '<rootDir>/test/jest/environment.js',
  transform: { '\\.ts$': '<rootDir>/test/jest/transform.js' },
  testTimeout: 20_000,
  // Two, not one: a test file that crashes its process is then reported and the others still run.
  maxWorkers: 2,
};
