/**
 * Core modules that a worker starts without and few threads need, each loaded at its first use: together
 * they take as long as half of this library.
 */
/* eslint-disable @typescript-eslint/no-require-imports -- an import would load them at once */
import type * as NodeModule from 'node:module';
import type * as NodeOS from 'node:os';
import type * as NodeURL from 'node:url';
import type * as NodeV8 from 'node:v8';

export const core = {
  get module(): typeof NodeModule {
    return require('node:module') as typeof NodeModule;
  },
  get os(): typeof NodeOS {
    return require('node:os') as typeof NodeOS;
  },
  get url(): typeof NodeURL {
    return require('node:url') as typeof NodeURL;
  },
  get v8(): typeof NodeV8 {
    return require('node:v8') as typeof NodeV8;
  },
};
