// Asking the server: the REST catalog, /metrics, and the few routes that are for this page.

const key = "eider-token";

export const token = {
  get: () => sessionStorage.getItem(key),
  set: (value) => sessionStorage.setItem(key, value),
  clear: () => sessionStorage.removeItem(key),
};

export class Refused extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

// Ids have more digits than a number of JavaScript holds, and become text.
function parse(text) {
  return JSON.parse(text, (name, value, context) =>
    typeof value === "number" && !Number.isSafeInteger(value) && Number.isInteger(value) && context?.source
      ? context.source : value);
}

async function ask(path, signal) {
  const headers = token.get() ? {Authorization: `Bearer ${token.get()}`} : {};
  let answer;
  try {
    answer = await fetch(path, {headers, signal, credentials: "same-origin"});
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Refused(0, "The server does not answer.");
  }
  const text = await answer.text();
  if (answer.ok) return text;
  let message = `${answer.status} ${answer.statusText}`;
  try {
    message = JSON.parse(text).error.message ?? message;
  } catch {
    // No error of ours: a proxy's, perhaps.
  }
  throw new Refused(answer.status, message);
}

const level = encodeURIComponent;
const space = (levels) => level(levels.join("\u001f"));
const query = (values) => new URLSearchParams(values).toString();

export const api = {
  warehouses: async (signal) => parse(await ask("/ui/api/warehouses", signal)),
  namespaces: async (warehouse, signal) => parse(await ask(`/ui/api/namespaces?${query({warehouse})}`, signal)),
  commits: async (after, signal) => parse(await ask(`/ui/api/commits?${query({after})}`, signal)),
  runs: async (signal) => parse(await ask("/ui/api/runs", signal)),
  reports: async (warehouse, levels, name, signal) =>
    parse(await ask(`/ui/api/reports?${query({warehouse, namespace: levels.join("\u001f"), table: name})}`, signal)),
  files: async (warehouse, levels, name, snapshot, offset, signal) =>
    parse(await ask(`/ui/api/files?${query({warehouse, namespace: levels.join("\u001f"), table: name, snapshot, offset})}`,
                    signal)),
  metrics: async (signal) => samples(await ask("/metrics", signal)),

  // Of the REST catalog.
  namespace: async (warehouse, levels, signal) =>
    parse(await ask(`/iceberg/v1/${level(warehouse)}/namespaces/${space(levels)}`, signal)),
  table: async (warehouse, levels, name, signal) =>
    parse(await ask(`/iceberg/v1/${level(warehouse)}/namespaces/${space(levels)}/tables/${level(name)}`, signal)),
  view: async (warehouse, levels, name, signal) =>
    parse(await ask(`/iceberg/v1/${level(warehouse)}/namespaces/${space(levels)}/views/${level(name)}`, signal)),
  // All names of a kind ("tables", "views"), up to a thousand.
  names: async (warehouse, levels, kind, signal) => {
    const path = `/iceberg/v1/${level(warehouse)}/namespaces/${space(levels)}/${kind}`;
    const page = parse(await ask(`${path}?pageToken=&pageSize=1000`, signal));
    return {names: page.identifiers.map((identifier) => identifier.name), more: Boolean(page["next-page-token"])};
  },
};

// The text format of Prometheus: [{name, labels, value}].
export function samples(text) {
  const found = [];
  for (const line of text.split("\n")) {
    const match = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/.exec(line);
    if (!match) continue;
    const labels = {};
    for (const [, name, value] of (match[2] ?? "").matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)) {
      labels[name] = value.replace(/\\(.)/g, (_, c) => (c === "n" ? "\n" : c));
    }
    found.push({name: match[1], labels, value: Number(match[3])});
  }
  return found;
}
