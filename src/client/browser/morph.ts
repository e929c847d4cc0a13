/*
 * Changes what is shown into what the server would show now, node by node, so that whatever stays the same stays the very
 * same element: focus, the caret, ticked boxes and opened details are never lost (no library: 60 lines are enough here).
 */

const keyOf = (node: Node): string | undefined =>
  node instanceof Element ? (node.getAttribute("data-key") ?? (node.id === "" ? undefined : node.id)) : undefined;

const isAlike = (left: Node, right: Node): boolean =>
  left.nodeType === right.nodeType && left.nodeName === right.nodeName && keyOf(left) === keyOf(right);

/** What people did to an element themselves is theirs: whether details are open, whether a box is ticked. */
const isTheirs = (element: Element, attribute: string): boolean =>
  (attribute === "open" && element instanceof HTMLDetailsElement) ||
  (attribute === "checked" && element instanceof HTMLInputElement);

const morphAttributes = (from: Element, to: Element): void => {
  for (const { name, value } of to.attributes) {
    if (!isTheirs(from, name) && from.getAttribute(name) !== value) from.setAttribute(name, value);
  }
  for (const name of from.getAttributeNames()) {
    if (!isTheirs(from, name) && !to.hasAttribute(name)) from.removeAttribute(name);
  }
};

export const holdsFocus = (node: Node): boolean => node !== document.body && node.contains(document.activeElement);

/** Makes the children of `from` those of `to`. A child with the focus inside is kept even if it is gone there. */
export const morphChildren = (from: Element, to: Element): void => {
  let at: ChildNode | null = from.firstChild;
  for (const wanted of to.childNodes) {
    const key = keyOf(wanted);
    let match: ChildNode | undefined;
    for (let each: ChildNode | null = at; each !== null; each = each.nextSibling) {
      if (isAlike(each, wanted)) {
        match = each;
        break;
      }
      // Without a key only the very next node can be meant.
      if (key === undefined) break;
    }
    if (match === undefined) {
      from.insertBefore(document.importNode(wanted, true), at);
      continue;
    }
    if (match !== at) from.insertBefore(match, at);
    morphNode(match, wanted);
    at = match.nextSibling;
  }
  while (at !== null) {
    const next: ChildNode | null = at.nextSibling;
    if (!holdsFocus(at)) at.remove();
    at = next;
  }
};

export const morphNode = (from: Node, to: Node): void => {
  if (from instanceof Element && to instanceof Element) {
    morphAttributes(from, to);
    morphChildren(from, to);
  } else if (from.nodeValue !== to.nodeValue) from.nodeValue = to.nodeValue;
};
