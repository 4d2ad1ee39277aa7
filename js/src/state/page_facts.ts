/** Facts about the page for the kernel: its theme and the abilities of its application. */

export interface PageFacts {
  readonly dark: boolean;
  /** The application can draw Mermaid outputs. */
  readonly mermaid: boolean;
}

/** First version of JupyterLab that draws them. Notebook 7 does so in Markdown cells only. */
const DRAWS_MERMAID = [4, 1] as const;

export function pageFacts(): PageFacts {
  return { dark: isDark(), mermaid: drawsMermaid() };
}

function isDark(): boolean {
  const { jpThemeLight, vscodeThemeKind } = document.body.dataset;
  if (jpThemeLight !== undefined) return jpThemeLight === "false";
  if (vscodeThemeKind !== undefined) return !vscodeThemeKind.endsWith("light");
  // Some test environments lack it.
  const match = globalThis.matchMedia as typeof globalThis.matchMedia | undefined;
  return match?.("(prefers-color-scheme: dark)").matches ?? false;
}

function drawsMermaid(): boolean {
  const { appName, appVersion = "" } = jupyterConfig();
  const [major = 0, minor = 0] = appVersion.split(".").map(Number);
  const since = DRAWS_MERMAID;
  const isNewEnough = major > since[0] || (major === since[0] && minor >= since[1]);
  return appName === "JupyterLab" && isNewEnough;
}

/** Return the name and version of the Jupyter application; empty on other pages. */
function jupyterConfig(): { readonly appName?: string; readonly appVersion?: string } {
  try {
    const text = document.getElementById("jupyter-config-data")?.textContent ?? "{}";
    return JSON.parse(text) as { appName?: string; appVersion?: string };
  } catch {
    return {};
  }
}
