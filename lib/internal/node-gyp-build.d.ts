declare module 'node-gyp-build' {
  /** The file of the addon of the package in `folder`: a build of its own, else the prebuilt one for this platform. */
  export function resolve(folder: string): string;
}
