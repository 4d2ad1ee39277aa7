/**
 * The only path of HTML to the page.
 *
 * Python has sanitized the HTML. This module controls behavior: remote images load only on a click,
 * and links open without an opener.
 */

import { h } from "./element";

/** Image sources that need no network. */
const LOCAL_IMAGE = /^data:image\/(png|jpeg|gif|webp|svg\+xml)[;,]/i;
const REMOTE = /^https?:\/\//i;

/** Return `html` as nodes outside the page, without running or loading anything. */
export function toNodes(html: string): DocumentFragment {
  const template = document.createElement("template");
  template.innerHTML = html;
  template.content.querySelectorAll("img").forEach(holdImage);
  template.content.querySelectorAll("a[href]").forEach(guardLink);
  template.content.querySelectorAll<HTMLAnchorElement>("a.cn-remote").forEach(holdLinkedImage);
  return document.importNode(template.content, true);
}

function guardLink(link: Element): void {
  if (link.getAttribute("href")?.startsWith("#")) return;
  link.setAttribute("target", "_blank");
  link.setAttribute("rel", "noopener noreferrer");
}

function holdImage(image: HTMLImageElement): void {
  const source = image.getAttribute("src") ?? "";
  image.removeAttribute("srcset");
  if (LOCAL_IMAGE.test(source)) return;
  const name = image.alt || "image";
  if (REMOTE.test(source)) image.replaceWith(remoteImage(source, name));
  else image.replaceWith(h("span", { class: "cnv-no-image" }, `[${name}]`));
}

/** Replace a link to a remote image, as Python writes it, by a button that shows the image. */
function holdLinkedImage(link: HTMLAnchorElement): void {
  const source = link.getAttribute("href") ?? "";
  if (REMOTE.test(source)) link.replaceWith(remoteImage(source, link.textContent.trim() || "image"));
}

/** Return a button for a remote image; `showRemoteImage` handles its click. */
function remoteImage(source: string, name: string): HTMLElement {
  const host = URL.canParse(source) ? new URL(source).host : "another site";
  return h(
    "button",
    {
      type: "button",
      class: "cnv-remote",
      "data-cnv": "load-image",
      "data-src": source,
      "data-alt": name,
    },
    `Load ${name} from ${host}`,
  );
}

/** Load the image of `button` at the request of the reader. */
export function showRemoteImage(button: HTMLElement): void {
  const { src, alt } = button.dataset;
  if (src === undefined || !REMOTE.test(src)) return;
  const image = h("img", { src, alt: alt ?? "", referrerpolicy: "no-referrer" });
  button.replaceWith(image);
}

/**
 * Replace the children of `target` by those of `wanted`, keeping every matching node. A growing
 * block keeps everything except its end, and with it selection and scroll positions.
 */
export function morph(target: Node, wanted: Node): void {
  let mine = target.firstChild;
  let next = wanted.firstChild;
  while (mine && next && morphNode(mine, next)) {
    mine = mine.nextSibling;
    next = next.nextSibling;
  }
  while (mine) {
    const gone = mine;
    mine = mine.nextSibling;
    target.removeChild(gone);
  }
  while (next) {
    const come = next;
    next = next.nextSibling;
    target.appendChild(come);
  }
}

/** Turn `mine` into `wanted` in place; return false if it must be replaced. */
function morphNode(mine: Node, wanted: Node): boolean {
  if (mine.isEqualNode(wanted)) return true;
  if (mine instanceof Text && wanted instanceof Text) return morphText(mine, wanted);
  if (!(mine instanceof Element && wanted instanceof Element)) return false;
  if (!mine.cloneNode(false).isEqualNode(wanted.cloneNode(false))) return false;
  morph(mine, wanted);
  return true;
}

function morphText(mine: Text, wanted: Text): boolean {
  if (wanted.data.startsWith(mine.data)) mine.appendData(wanted.data.slice(mine.length));
  else mine.data = wanted.data;
  return true;
}
