/**
 * Larger libraries as modules, loaded from the kernel on first use, once per page.
 *
 * No library is fetched from the network, and a turn without formulas does not load one.
 */

/** Modules of this page by name, shared by every turn's copy of this script. */
const SHARED = Symbol.for("claude_notebook.modules");

type Shared = Record<typeof SHARED, Map<string, Promise<unknown>> | undefined>;

function shared(): Map<string, Promise<unknown>> {
  const page = globalThis as unknown as Shared;
  page[SHARED] ??= new Map();
  return page[SHARED];
}

/**
 * Load the module `name`, or return it if another turn has loaded it.
 *
 * @param source fetches its JavaScript
 */
export function loadModule<T>(name: string, source: () => Promise<string>): Promise<T> {
  const known = shared().get(name) as Promise<T> | undefined;
  if (known) return known;
  const loading = source().then((text) => importText<T>(text));
  shared().set(name, loading);
  loading.catch(() => shared().delete(name));
  return loading;
}

async function importText<T>(text: string): Promise<T> {
  const url = URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
  try {
    return (await import(/* @vite-ignore */ url)) as T;
  } finally {
    URL.revokeObjectURL(url);
  }
}
