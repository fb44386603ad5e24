'use strict';

/** @type {import('jest').Config} */
module.exports = {
  roots: ['<rootDir>/test'],
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  // What scripts and packages of the tests' own making look like to jest.
  modulePathIgnorePatterns: ['<rootDir>/test/.tmp/'],
  testEnvironment: '<rootDir>/test/jest/environment.js',
  transform: { '\\.ts$': '<rootDir>/test/jest/transform.js' },
  // Of a machine that has much else to do. What hangs is found by its limit; none is there to measure anything.
  testTimeout: 120_000,
  // Two, not one: a test file that crashes its process is then reported and the others still run.
  maxWorkers: 2,
};
