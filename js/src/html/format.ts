/** Numbers as people say them. */

/** "0.4 s", "12 s", "3 min 05 s", "1 h 02 min". */
export function duration(ms: number): string {
  const seconds = Math.max(0, ms) / 1000;
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes} min ${two(whole % 60)} s`;
  return `${Math.floor(minutes / 60)} h ${two(minutes % 60)} min`;
}

/** A running time, in whole seconds so that it does not flicker. */
export function ticking(ms: number): string {
  const whole = Math.floor(Math.max(0, ms) / 1000);
  return whole < 10 ? `${whole} s` : duration(whole * 1000);
}

/** "950", "12.3k", "1.2M". */
export function tokens(count: number): string {
  if (count < 1000) return String(count);
  if (count < 999_950) return `${trimZero((count / 1000).toFixed(1))}k`;
  return `${trimZero((count / 1_000_000).toFixed(1))}M`;
}

/** "$0", "$0.0042", "$1.25": two digits that mean something. */
export function money(usd: number): string {
  if (usd <= 0) return "$0";
  if (usd < 0.0001) return "<$0.0001";
  if (usd < 0.1) return `$${usd.toFixed(4)}`;
  return `$${usd.toFixed(2)}`;
}

/** "34 %" of a share from 0 to 1. */
export function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

function two(value: number): string {
  return String(value).padStart(2, "0");
}

function trimZero(value: string): string {
  return value.endsWith(".0") ? value.slice(0, -2) : value;
}
