// Addresses, the tree at the side, and who is asking.

import {api, token} from "/ui/api.js";
import {empty, failure, h, number, show} from "/ui/dom.js";
import * as pages from "/ui/pages.js";

const main = document.getElementById("main");
const tree = document.getElementById("tree");
const filter = document.getElementById("filter");
const who = document.getElementById("who");

// Of the page that is shown: what it waits for ends with it.
let current = {abort: new AbortController(), timers: []};

function placeOf(hash) {
  const [, first, ...rest] = hash.replace(/^#/, "").split("/").map((part) => decodeURIComponent(part));
  if (!first) return {page: pages.overview};
  const simple = {commits: pages.commits, runs: pages.runs, metrics: pages.metrics}[first];
  if (simple && rest.length === 0) return {page: simple};
  if (first !== "w" || !rest[0]) return undefined;
  const [warehouse, space, kind, name, tab, more] = rest;
  const levels = space?.split(".");
  if (!space) return {page: pages.warehouse, warehouse};
  if (!kind) return {page: pages.namespace, warehouse, levels};
  if (kind === "t" && name) return {page: pages.tablePage, warehouse, levels, name, tab, rest: more};
  if (kind === "v" && name) return {page: pages.viewPage, warehouse, levels, name};
  return undefined;
}

async function open() {
  current.abort.abort();
  current.timers.forEach(clearInterval);
  const mine = {abort: new AbortController(), timers: []};
  current = mine;
  let place;
  try {
    place = placeOf(location.hash);
  } catch {
    // An address that was cut short.
  }
  mark();
  main.setAttribute("aria-busy", "true");
  let content;
  try {
    if (!place) throw Object.assign(new Error("There is no such page."), {status: 404});
    const context = {signal: mine.abort.signal, every: (millis, act) => mine.timers.push(setInterval(act, millis))};
    content = await place.page(place, context);
  } catch (error) {
    if (mine !== current || error.name === "AbortError") return;
    content = error.status === 401 ? login(error) : failure(error);
  }
  if (mine !== current) return;
  show(main, content);
  main.removeAttribute("aria-busy");
  document.title = [main.querySelector("h1")?.textContent, "Eider"].filter(Boolean).join(" · ");
  window.scrollTo(0, 0);
}

function login(error) {
  const field = h("input", {type: "password", name: "token", autocomplete: "off", "aria-label": "Token", required: true,
                            placeholder: "token of `eider token create`"});
  return h("section", {class: "sheet login"}, h("header", {}, h("h2", {}, "Who is asking?")),
           h("div", {class: "body"}, h("form", {onsubmit: (event) => {
             event.preventDefault();
             token.set(field.value.trim());
             start();
           }}, token.get() && h("p", {class: "bad", role: "alert"}, error.message),
             h("p", {class: "soft"}, "This server answers those whom it knows. The token stays in this tab, until it is closed."),
             field, h("button", {class: "primary"}, "Continue"))));
}

// What is shown is marked in the tree and on top.
function mark() {
  const here = location.hash || "#/";
  for (const anchor of document.querySelectorAll("#nav a, #tree a")) {
    const address = anchor.getAttribute("href");
    const matches = address === here || (anchor.closest("#tree") && here.startsWith(`${address}/`) && /\/[tv]\//.test(address));
    if (matches) anchor.setAttribute("aria-current", "page");
    else anchor.removeAttribute("aria-current");
  }
}

function entry(kind, address, name) {
  return h("li", {"data-name": name.toLowerCase()}, h("a", {href: address, title: name},
           h("span", {class: "kind", "aria-hidden": "true"}, kind === "view" ? "V" : "T"), h("span", {}, name)));
}

function branch(warehouse, space) {
  const list = h("ul", {});
  const path = space.namespace.join(".");
  const details = h("details", {"data-name": path.toLowerCase()},
                    h("summary", {}, h("span", {}, path), h("span", {class: "count"}, number(space.tables + space.views))), list);
  let loaded = false;
  details.load = async () => {
    if (loaded) return;
    loaded = true;
    try {
      const [tables, views] = await Promise.all([api.names(warehouse, space.namespace, "tables"), api.names(warehouse, space.namespace, "views")]);
      show(list, h("li", {}, h("a", {href: pages.link.namespace(warehouse, space.namespace), class: "soft"}, h("span", {}, "about it"))),
           tables.names.map((name) => entry("table", pages.link.table(warehouse, space.namespace, name), name)),
           views.names.map((name) => entry("view", pages.link.view(warehouse, space.namespace, name), name)),
           (tables.more || views.more) && h("li", {class: "more"}, "and more"));
      mark();
      narrow();
    } catch (error) {
      loaded = false;
      show(list, h("li", {class: "more"}, error.message));
    }
  };
  details.addEventListener("toggle", () => details.open && details.load());
  return details;
}

async function fill() {
  const answer = await api.warehouses();
  show(who, answer.principal && h("span", {}, answer.principal),
       token.get() && h("button", {type: "button", class: "quiet", onclick: () => { token.clear(); start(); }}, "Leave"));
  const opened = new Set([...tree.querySelectorAll("details[open]")].map((details) => details.dataset.name));
  const lists = await Promise.all(answer.warehouses.map(async (warehouse) => {
    const {namespaces} = await api.namespaces(warehouse.name);
    return h("div", {class: "warehouse"}, h("a", {href: pages.link.warehouse(warehouse.name)}, warehouse.name),
             namespaces.length ? namespaces.map((space) => branch(warehouse.name, space)) : h("div", {class: "more"}, "empty"));
  }));
  show(tree, lists.length ? lists : empty("No warehouses", "None that you may see."));
  const here = location.hash;
  for (const details of tree.querySelectorAll("details")) {
    const few = tree.querySelectorAll("details").length <= 6;
    if (few || opened.has(details.dataset.name) || here.includes(`/${encodeURIComponent(details.dataset.name)}/`)) details.open = true;
  }
  mark();
}

// Shows what has the text of the filter in its name.
function narrow() {
  const wanted = filter.value.trim().toLowerCase();
  for (const details of tree.querySelectorAll("details")) {
    let any = details.dataset.name.includes(wanted);
    for (const item of details.querySelectorAll("li[data-name]")) {
      const found = any || item.dataset.name.includes(wanted) || `${details.dataset.name}.${item.dataset.name}`.includes(wanted);
      item.hidden = !found;
    }
    any ||= [...details.querySelectorAll("li[data-name]")].some((item) => !item.hidden);
    details.hidden = !any;
  }
}

filter.addEventListener("input", async () => {
  if (filter.value) await Promise.all([...tree.querySelectorAll("details")].map((details) => { details.open = true; return details.load(); }));
  narrow();
});

document.addEventListener("keydown", (event) => {
  if (event.key === "/" && !event.ctrlKey && !event.metaKey && !/^(INPUT|SELECT|TEXTAREA)$/.test(document.activeElement.tagName)) {
    event.preventDefault();
    filter.focus();
    filter.select();
  } else if (event.key === "Escape" && document.activeElement === filter) {
    filter.value = "";
    narrow();
    main.focus();
  }
});

const root = document.documentElement;
const chosen = localStorage.getItem("eider-theme");
if (chosen) root.dataset.theme = chosen;
document.getElementById("theme").addEventListener("click", () => {
  const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = dark ? "light" : "dark";
  localStorage.setItem("eider-theme", root.dataset.theme);
});

async function start() {
  try {
    await fill();
  } catch (error) {
    show(tree);
    show(who);
  }
  await open();
}

window.addEventListener("hashchange", open);
start();
