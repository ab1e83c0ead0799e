// What pages share: elements, whose texts are never markup, and themes.
// @ts-check

/** @param {string} id @returns {any} */
const byId = (id) => document.getElementById(id);

/** @param {string} tag @param {Record<string, string>} attributes @param {string} [text] @returns {any} */
function element(tag, attributes, text = "") {
  const one = document.createElement(tag);
  Object.entries(attributes).forEach(([name, value]) => one.setAttribute(name, value));
  one.textContent = text;
  return one;
}

/** An element of a picture. @param {string} tag @param {Record<string, string | number>} attributes @returns {any} */
function svgElement(tag, attributes) {
  const one = document.createElementNS("http://www.w3.org/2000/svg", tag);
  Object.entries(attributes).forEach(([name, value]) => one.setAttribute(name, String(value)));
  return one;
}

const dark = matchMedia("(prefers-color-scheme: dark)");

/** The theme that an address asks for. @param {URLSearchParams} given */
function themeOf(given) {
  const theme = given.get("theme");
  return theme === "light" || theme === "dark" ? theme : "auto";
}

/** Put a theme on. @param {string} theme */
function dress(theme) {
  document.documentElement.dataset.theme = theme === "auto" ? (dark.matches ? "dark" : "light") : theme;
  byId("theme").value = theme;
}
