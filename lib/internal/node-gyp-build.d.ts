declare module 'node-gyp-build' {
  /** Loads the addon of the package in `folder`: a build of its own, else the prebuilt one for this platform. */
  const load: (folder: string) => unknown;
  export default load;
}
