/**
 * Larger libraries, as modules that come from the kernel when they are first needed, once a page.
 *
 * Nothing is fetched from outside, and a turn without a formula does not carry the library.
 */

/** Modules of this page by name; every turn's copy of this script shares them. */
const SHARED = Symbol.for("claude_notebook.modules");

type Shared = Record<typeof SHARED, Map<string, Promise<unknown>> | undefined>;

function shared(): Map<string, Promise<unknown>> {
  const page = globalThis as unknown as Shared;
  page[SHARED] ??= new Map();
  return page[SHARED];
}

/**
 * The module `name`, from this page when another turn has loaded it.
 *
 * @param source brings its JavaScript
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
