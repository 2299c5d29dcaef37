// Elements, the page's words, and how numbers and days are written.

export const config = JSON.parse(document.getElementById("config").textContent);

const SVG = "http://www.w3.org/2000/svg";
const number = new Intl.NumberFormat(config.language, { maximumFractionDigits: 3 });

/** Give the word of the page for a key, with {names} in it filled. */
export function t(key, values = {}) {
  const word = config.words[key] ?? key;
  return word.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}

/** Make an element: attributes, `on…` listeners, and children (text or nodes; null is left out). */
export function h(tag, attributes = {}, ...children) {
  return dressed(document.createElement(tag), attributes, children);
}

/** Make an SVG element in the same way. */
export function s(tag, attributes = {}, ...children) {
  return dressed(document.createElementNS(SVG, tag), attributes, children);
}

function dressed(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return element;
}

/** Write a number as the language of the page does. */
export function figure(value) {
  return number.format(value);
}

/** Write the day of a FHIR date or time; what is less exact stays so. */
export function day(stamp) {
  return (stamp ?? "").slice(0, 10);
}

/** Say something to those who listen instead of looking. */
export function announce(text) {
  document.getElementById("live").textContent = text;
}

/** Give the words of a CodeableConcept. */
export function worded(concept) {
  const codings = concept?.coding ?? [];
  return concept?.text ?? codings.find((c) => c.display)?.display ?? codings[0]?.code ?? "";
}
