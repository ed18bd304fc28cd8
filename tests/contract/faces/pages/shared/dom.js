// Helpers of the pages: elements, templates, and attributes that are set only when they change, as a rendering library does.

export const byId = (id) => document.getElementById(id);

export function bind(node, name, value) {
  if (value === null || value === undefined || value === "") node.removeAttribute(name);
  else if (node.getAttribute(name) !== String(value)) node.setAttribute(name, value);
}

export function text(node, value) {
  const shown = value === null || value === undefined ? "" : String(value);
  if (node.textContent !== shown) node.textContent = shown;
}

export function show(node, visible) {
  node.hidden = !visible;
}

export function clone(id) {
  return byId(id).content.firstElementChild.cloneNode(true);
}

export const part = (node, name) => node.querySelector(`[data-part="${name}"]`);

export function on(id, event, handler) {
  byId(id).addEventListener(event, (happened) => {
    happened.preventDefault();
    return handler(happened);
  });
}

export const field = (form, name) => form.elements.namedItem(name).value;

export const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

// A list of cards by id: one card per item, made once, kept in the order of the items.
export class Cards {
  constructor(container, make) {
    this.container = container;
    this.make = make;
    this.known = new Map();
  }

  render(items, update) {
    for (const [id, card] of this.known) {
      if (!items.some((item) => item.id === id)) {
        card.remove();
        this.known.delete(id);
      }
    }
    items.forEach((item, index) => {
      let card = this.known.get(item.id);
      if (!card) {
        card = this.make(item);
        this.known.set(item.id, card);
      }
      if (this.container.children[index] !== card) this.container.insertBefore(card, this.container.children[index] ?? null);
      update(card, item, index);
    });
  }
}
