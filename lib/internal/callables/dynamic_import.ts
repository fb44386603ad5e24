/** `import()` of an absolute URL. In a file of its own: Node has to load it itself, which is what `import()` depends on. */
export function importURL(url: string): Promise<unknown> {
  return import(url);
}
