// What the page says, in Japanese and English. words.json holds both forms of each text, as [Japanese, English].
// The page's scripts are put one behind the other into one module, in the order of page.py: they see each other's names.

const data = JSON.parse(document.getElementById("data").textContent);
const $ = (id) => document.getElementById(id);
const LANGUAGES = ["ja", "en"];
let language = navigator.language.startsWith("ja") ? 0 : 1;

/** A text in the reader's language; {name} in it is replaced by values.name. An unknown key stands for itself. */
function t(key, values = {}) {
  const text = (data.words[key] ?? [key, key])[language];
  return text.replace(/\{(\w+)\}/g, (_, name) => {
    const value = values[name];
    return typeof value === "number" ? value.toLocaleString(LANGUAGES[language]) : value;
  });
}

/** Fill in all elements that name their text: as content, as label, as placeholder. */
function translate() {
  document.documentElement.lang = LANGUAGES[language];
  for (const element of document.querySelectorAll("[data-t]")) element.textContent = t(element.dataset.t);
  for (const element of document.querySelectorAll("[data-t-label]")) {
    element.setAttribute("aria-label", t(element.dataset.tLabel));
    if (element.matches("button, select")) element.title = t(element.dataset.tLabel);
  }
  for (const element of document.querySelectorAll("[data-t-placeholder]")) element.placeholder = t(element.dataset.tPlaceholder);
}

/** An element with attributes and content; strings become text, never HTML. */
function make(tag, attributes = {}, ...content) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...content);
  return element;
}
