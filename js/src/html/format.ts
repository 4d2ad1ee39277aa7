/** Number formats, identical to those of `claude_notebook/render/labels.py`. */

/** Format a duration as "40 ms", "1.2 s" or "3 min 5 s"; return "" for null. */
export function formatDuration(ms: number | null): string {
  if (ms === null) return "";
  if (ms < 950) return `${Math.max(0, Math.round(ms))} ms`;
  if (ms < 59_950) return `${(ms / 1000).toFixed(1)} s`;
  return formatMinutes(Math.round(ms / 1000));
}

/** Format a running time in whole seconds, so that it does not flicker. */
export function formatRunningTime(ms: number): string {
  const seconds = Math.floor(Math.max(0, ms) / 1000);
  return seconds < 60 ? `${seconds} s` : formatMinutes(seconds);
}

/** Format the elapsed time of a call; return "" below one second. */
export function formatElapsed(ms: number | null): string {
  return ms === null || ms < SHORTEST_ELAPSED_MS ? "" : formatDuration(ms);
}

/** Shortest time worth showing, in ms. */
export const SHORTEST_ELAPSED_MS = 1000;

/** Format US dollars with two or four decimals; return "" for null. */
export function formatCost(usd: number | null): string {
  if (usd === null) return "";
  return `$${usd.toFixed(usd >= 0.995 || usd === 0 ? 2 : 4)}`;
}

/** Format a token count as "950", "12.3k" or "1.2M". */
export function formatTokens(count: number): string {
  if (count < 1000) return String(count);
  return count < 999_950 ? `${(count / 1000).toFixed(1)}k` : `${(count / 1_000_000).toFixed(1)}M`;
}

/** Format a share from 0 to 1 as "34%". */
export function formatShare(share: number): string {
  return `${Math.round(share * 100)}%`;
}

function formatMinutes(seconds: number): string {
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${seconds % 60} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
