import { core } from './core_modules';

type Cache = NodeJS.Dict<NodeJS.Module>;

/** The CommonJS modules that are loaded, by file. Where a hook gave a module its source, its `require` knows no cache. */
export function moduleCache(): Cache {
  const { cache } = require as Partial<NodeJS.Require>;
  return cache ?? (core.module as unknown as { _cache: Cache })._cache;
}
