// What is shown in the middle, one function a page. Each gets what its address says and returns elements.

import {api} from "/ui/api.js";
import {bar, bytes, chart, duration, empty, figures, h, number, seconds, sheet, table, time} from "/ui/dom.js";

// Addresses. Levels of a namespace have no dot of their own.
export const link = {
  warehouse: (warehouse) => `#/w/${encodeURIComponent(warehouse)}`,
  namespace: (warehouse, levels) => `${link.warehouse(warehouse)}/${encodeURIComponent(levels.join("."))}`,
  table: (warehouse, levels, name, tab) =>
    `${link.namespace(warehouse, levels)}/t/${encodeURIComponent(name)}${tab ? `/${tab}` : ""}`,
  view: (warehouse, levels, name) => `${link.namespace(warehouse, levels)}/v/${encodeURIComponent(name)}`,
};

function crumbs(warehouse, levels) {
  return h("div", {class: "crumbs"}, h("a", {href: link.warehouse(warehouse)}, warehouse),
           levels && [" / ", h("a", {href: link.namespace(warehouse, levels)}, levels.join("."))]);
}

function head(title, ...more) {
  return h("div", {class: "head"}, h("h1", {}, title), more);
}

// Commits, newest first.
function eventRows(events, fresh) {
  const name = (event) => [...event.namespace, ...(event.name === undefined ? [] : [event.name])].join(".");
  const target = (event) => {
    const [subject, action] = event.type.split(".");
    if (action === "drop") return h("span", {}, name(event));
    const levels = event["new-namespace"] ?? event.namespace;
    const last = event["new-name"] ?? event.name;
    const address = subject === "namespace" ? link.namespace(event.warehouse, event.namespace)
      : subject === "view" ? link.view(event.warehouse, levels, last) : link.table(event.warehouse, levels, last);
    return [h("a", {href: address}, name(event)), action === "rename" && h("span", {class: "soft"}, " → ", last)];
  };
  const change = (event) => {
    const rows = Number(event.summary?.["added-records"] ?? 0);
    const gone = Number(event.summary?.["deleted-records"] ?? 0);
    return [rows > 0 && h("span", {class: "good"}, `+${number(rows)} `), gone > 0 && h("span", {class: "bad"}, `−${number(gone)}`)];
  };
  return table([
    ["When", (event) => time(Date.parse(event.time))],
    ["What", (event) => h("span", {class: "tag"}, event.type.replace(".", " "))],
    ["Of", (event) => h("span", {}, target(event)), "wide"],
    ["Operation", (event) => event.operation ?? ""],
    ["Rows", change, "number"],
    ["By", (event) => event.principal ?? (event["request-id"] ? h("span", {class: "soft"}, "a client")
      : h("span", {class: "soft", title: "seen in the catalog; it did not come through this server"},
          event.summary?.["engine-name"] ?? "elsewhere"))],
  ], events, (event) => (fresh?.has(event.id) ? "fresh" : undefined));
}

const noCommits = () => empty("No commits yet", "What happens from now on stands here, whoever does it.");

const sum = (list, name, test) => list.filter((sample) => sample.name === name && (!test || test(sample.labels)))
  .reduce((total, sample) => total + sample.value, 0);

// A quantile of a histogram, by the upper bound of its bucket.
function quantile(list, share, route) {
  const buckets = new Map();
  for (const {name, labels, value} of list) {
    if (name !== "eider_http_request_duration_seconds_bucket" || !route(labels)) continue;
    const bound = labels.le === "+Inf" ? Infinity : Number(labels.le);
    buckets.set(bound, (buckets.get(bound) ?? 0) + value);
  }
  const bounds = [...buckets.keys()].sort((a, b) => a - b);
  const total = buckets.get(Infinity) ?? 0;
  return total === 0 ? undefined : bounds.find((bound) => buckets.get(bound) >= share * total);
}

const upTo = (bound) => (bound === undefined ? "–" : bound === Infinity ? "> 60 s" : `≤ ${seconds(bound)}`);

async function optional(promise) {
  try {
    return await promise;
  } catch (error) {
    if (error.status === 403) return undefined;
    throw error;
  }
}

export async function overview(_, {signal}) {
  const [warehouses, commits, runs, metrics] = await Promise.all(
    [api.warehouses(signal), api.commits(0, signal), optional(api.runs(signal)), optional(api.metrics(signal))]);
  const rest = (labels) => labels.route?.startsWith("/iceberg");
  return [
    head("Overview", h("span", {class: "soft"}, `Eider ${warehouses.version}`)),
    metrics && figures([
      ["Tables", number(sum(metrics, "eider_catalog_entries", (labels) => labels.kind === "table"))],
      ["Data", bytes(sum(metrics, "eider_table_file_bytes"))],
      ["Commits", number(sum(metrics, "eider_commits_total")), "since start"],
      ["Conflicts", number(sum(metrics, "eider_commit_conflicts_total"))],
      ["Requests", number(sum(metrics, "eider_http_requests_total", rest))],
      ["Half of them in", upTo(quantile(metrics, 0.5, rest))],
      ["Memory", bytes(sum(metrics, "process_resident_memory_bytes"))],
      ["Up for", duration(sum(metrics, "eider_uptime_seconds"))],
    ]),
    h("div", {class: "columns"},
      h("div", {},
        sheet("Latest commits", h("a", {href: "#/commits"}, "All"),
              commits.events.length ? eventRows(commits.events.slice(0, 12)) : noCommits())),
      h("div", {},
        sheet("Warehouses", null, table([
          ["Name", (row) => h("a", {href: link.warehouse(row.name)}, row.name)],
          ["Namespaces", (row) => number(row.namespaces), "number"],
          ["Tables", (row) => number(row.tables), "number"],
          ["Views", (row) => number(row.views), "number"],
        ], warehouses.warehouses)),
        runs?.runs.map((run) => lastRun(run)))),
  ];
}

export async function commits(_, {signal, every}) {
  const body = h("div", {});
  const state = h("span", {}, h("span", {class: "dot live"}), "live");
  let newest = 0;
  let events = [];
  const update = (answer, first) => {
    // After a restart the numbers begin anew.
    if (answer.newest < newest) events = [];
    newest = answer.newest;
    events = [...answer.events, ...events].slice(0, 500);
    const fresh = first ? undefined : new Set(answer.events.map((event) => event.id));
    if (first || answer.events.length) body.replaceChildren(events.length ? eventRows(events, fresh) : noCommits());
  };
  update(await api.commits(0, signal), true);
  every(1000, async () => {
    try {
      update(await api.commits(newest, signal), false);
      state.replaceChildren(h("span", {class: "dot live"}), "live");
    } catch (error) {
      if (error.name === "AbortError") return;
      newest = error.status === 0 ? newest : 0;
      state.replaceChildren(h("span", {class: "dot dead"}), error.message);
    }
  });
  return [head("Commits", h("span", {class: "soft"}, "of all warehouses, by clients and past this server")),
          sheet("As they come", state, body)];
}

const outcome = (status) => ({success: "good", pass: "good", error: "bad", fail: "bad", "runtime error": "bad", warn: "warn"}[status] ?? "");

function lastRun(run) {
  if (!run.nodes) return sheet(`dbt: ${run.project}`, null, empty("No run yet", run.error));
  const counts = Object.entries(run.counts);
  return sheet(`dbt: ${run.project}`, time(run["ended-ms"]),
               h("div", {class: "body"}, h("a", {href: "#/runs"}, h("code", {}, run.command || "run"), " took ", seconds(run.seconds)), " ",
                 counts.map(([status, count]) => [h("span", {class: `tag ${outcome(status)}`}, `${count} ${status}`), " "])));
}

export async function runs(_, {signal}) {
  const answer = await api.runs(signal);
  if (answer.runs.length === 0) {
    return [head("Runs"), h("div", {class: "sheet"},
      empty("No dbt project is named", "Name the projects whose runs are to be shown under dbt_projects in eider.yaml."))];
  }
  return [head("Runs", h("span", {class: "soft"}, "the last one of each dbt project")), answer.runs.map((run) => {
    if (!run.nodes) return lastRun(run);
    const longest = Math.max(...run.nodes.map((node) => node.seconds), 0.001);
    const order = (node) => ({bad: 0, warn: 1, "": 2, good: 3}[outcome(node.status)]);
    const nodes = [...run.nodes].sort((a, b) => order(a) - order(b) || b.seconds - a.seconds);
    return [lastRun(run), sheet("Nodes", number(nodes.length), table([
      ["Node", (node) => h("span", {class: "mono"}, node.id), "wide"],
      ["Outcome", (node) => h("span", {class: outcome(node.status)}, node.status)],
      ["Time", (node) => seconds(node.seconds), "number"],
      ["", (node) => bar(node.seconds / longest)],
      ["", (node) => h("span", {class: "soft"}, node.message ?? ""), "wide"],
    ], nodes))];
  })];
}

export async function metrics(_, {signal}) {
  const list = await api.metrics(signal);
  const routes = new Map();
  for (const {name, labels, value} of list) {
    if (name !== "eider_http_requests_total") continue;
    const route = `${labels.method} ${labels.route}`;
    const entry = routes.get(route) ?? {route, labels, requests: 0, refused: 0, failed: 0};
    entry.requests += value;
    if (labels.status >= 400 && labels.status < 500) entry.refused += value;
    if (labels.status >= 500) entry.failed += value;
    routes.set(route, entry);
  }
  const rows = [...routes.values()].sort((a, b) => b.requests - a.requests);
  const of = (row) => (labels) => labels.route === row.labels.route && labels.method === row.labels.method;
  const hits = sum(list, "eider_load_cache_total", (labels) => labels.result === "hit");
  const loads = sum(list, "eider_load_cache_total");
  const sinks = list.filter(({name}) => name === "eider_events_waiting");
  const tables = list.filter(({name}) => name === "eider_table_file_bytes");
  const largest = Math.max(...tables.map(({value}) => value), 1);
  const figure = (name, labels) => list.find((sample) => sample.name === name && sample.labels.warehouse === labels.warehouse &&
    sample.labels.namespace === labels.namespace && sample.labels.table === labels.table)?.value;
  return [
    head("Metrics", h("a", {href: "/metrics", class: "soft"}, "as Prometheus reads them")),
    figures([
      ["Open connections", number(sum(list, "eider_http_connections"))],
      ["Under way", number(sum(list, "eider_http_requests_handling"))],
      ["Waiting", number(sum(list, "eider_http_requests_waiting"))],
      ["Loads from cache", loads ? `${Math.round((hits / loads) * 100)} %` : "–"],
      ["Commits that lost", number(sum(list, "eider_commit_conflicts_total"))],
      ["Sent again", number(sum(list, "eider_requests_repeated_total"))],
      ["Processor time", seconds(sum(list, "process_cpu_seconds_total"))],
      ["Memory", bytes(sum(list, "process_resident_memory_bytes"))],
    ]),
    sheet("Routes", null, table([
      ["Route", (row) => h("span", {class: "mono"}, row.route), "wide"],
      ["Requests", (row) => number(row.requests), "number"],
      ["Refused", (row) => (row.refused ? h("span", {class: "warn"}, number(row.refused)) : ""), "number"],
      ["Failed", (row) => (row.failed ? h("span", {class: "bad"}, number(row.failed)) : ""), "number"],
      ["Half take", (row) => upTo(quantile(list, 0.5, of(row))), "number"],
      ["99 % take", (row) => upTo(quantile(list, 0.99, of(row))), "number"],
    ], rows)),
    sinks.length > 0 && sheet("Events", null, table([
      ["To", ({labels}) => labels.sink],
      ["Taken", ({labels}) => number(sum(list, "eider_events_delivered_total", (other) => other.sink === labels.sink)), "number"],
      ["Waiting", ({value}) => number(value), "number"],
      ["Failed tries", ({labels}) => number(sum(list, "eider_events_failures_total", (other) => other.sink === labels.sink)), "number"],
      ["Lost", ({labels}) => number(sum(list, "eider_events_lost_total", (other) => other.sink === labels.sink)), "number"],
    ], sinks)),
    sheet("Tables by size", number(tables.length), tables.length ? table([
      ["Table", ({labels}) => h("a", {href: link.table(labels.warehouse, labels.namespace.split("."), labels.table)},
                                `${labels.namespace}.${labels.table}`)],
      ["Size", ({value}) => bytes(value), "number"],
      ["", ({value}) => bar(value / largest)],
      ["Files", ({labels}) => number(figure("eider_table_data_files", labels)), "number"],
      ["Rows", ({labels}) => number(figure("eider_table_records", labels)), "number"],
      ["Snapshots", ({labels}) => number(figure("eider_table_snapshots", labels)), "number"],
      ["Metadata", ({labels}) => bytes(figure("eider_table_metadata_bytes", labels)), "number"],
    ], [...tables].sort((a, b) => b.value - a.value).slice(0, 100)) : empty("No tables", "There is nothing to measure yet.")),
  ];
}

export async function warehouse({warehouse}, {signal}) {
  const [answer, commits] = await Promise.all([api.namespaces(warehouse, signal), api.commits(0, signal)]);
  const events = commits.events.filter((event) => event.warehouse === warehouse);
  const list = answer.namespaces;
  return [
    head(warehouse, h("span", {class: "mono soft"}, answer.location)),
    sheet("Namespaces", number(list.length), list.length ? table([
      ["Name", (row) => h("a", {href: link.namespace(warehouse, row.namespace)}, row.namespace.join("."))],
      ["Tables", (row) => number(row.tables), "number"],
      ["Views", (row) => number(row.views), "number"],
    ], list) : empty("An empty warehouse", "Tables come with `eider build`, or through the REST catalog.")),
    sheet("Latest commits", null, events.length ? eventRows(events.slice(0, 15)) : noCommits()),
  ];
}

function properties(title, map) {
  const entries = Object.entries(map ?? {}).sort(([a], [b]) => a.localeCompare(b));
  return sheet(title, number(entries.length), entries.length ? table([
    ["Key", ([name]) => h("span", {class: "mono"}, name)],
    ["Value", ([, value]) => h("span", {class: "mono"}, value), "wide"],
  ], entries) : empty("None are set", ""));
}

export async function namespace({warehouse, levels}, {signal}) {
  const [loaded, tables, views] = await Promise.all([
    api.namespace(warehouse, levels, signal), api.names(warehouse, levels, "tables", signal),
    api.names(warehouse, levels, "views", signal)]);
  const rows = [...tables.names.map((name) => ({name, address: link.table(warehouse, levels, name), kind: "table"})),
                ...views.names.map((name) => ({name, address: link.view(warehouse, levels, name), kind: "view"}))];
  return [
    crumbs(warehouse), head(levels.join(".")),
    sheet("Tables and views", `${number(rows.length)}${tables.more || views.more ? "+" : ""}`, rows.length ? table([
      ["Name", (row) => h("a", {href: row.address}, row.name)],
      ["", (row) => h("span", {class: "soft"}, row.kind)],
    ], rows) : empty("Nothing in here", "")),
    properties("Properties", loaded.properties),
  ];
}

// The type of a field as SQL would have it, short.
function typeText(type) {
  if (typeof type === "string") return type;
  if (type.type === "list") return `list<${typeText(type.element)}>`;
  if (type.type === "map") return `map<${typeText(type.key)}, ${typeText(type.value)}>`;
  return "struct";
}

function fieldsOf(type, depth, rows) {
  for (const field of type.fields ?? []) {
    rows.push({...field, depth});
    let inner = field.type;
    while (inner.type === "list" || inner.type === "map") inner = inner.element ?? inner.value;
    if (inner.type === "struct") fieldsOf(inner, depth + 1, rows);
  }
  return rows;
}

function schemaSheet(title, schema, right) {
  const keys = new Set(schema["identifier-field-ids"] ?? []);
  return sheet(title, right, table([
    ["Id", (field) => h("span", {class: "soft"}, field.id), "number"],
    ["Column", (field) => [h("span", {class: "nest"}, "  ".repeat(field.depth)), h("span", {}, field.name),
                           keys.has(field.id) && [" ", h("span", {class: "tag accent"}, "key")]]],
    ["Type", (field) => h("span", {class: "mono"}, typeText(field.type))],
    ["", (field) => (field.required ? h("span", {class: "soft"}, "not null") : "")],
    ["Comment", (field) => h("span", {class: "soft"}, field.doc ?? ""), "wide"],
  ], fieldsOf(schema, 0, [])));
}

const transformText = (field, names) => {
  const name = names.get(field["source-id"]) ?? `field ${field["source-id"]}`;
  return field.transform === "identity" ? name : `${field.transform}(${name})`;
};

const tabs = [["", "Overview"], ["schema", "Schema"], ["snapshots", "Snapshots"], ["files", "Files"],
              ["properties", "Properties"], ["reports", "Reports"], ["metadata", "Metadata"]];

export async function tablePage(place, context) {
  const {warehouse, levels, name, tab = ""} = place;
  const loaded = await api.table(warehouse, levels, name, context.signal);
  const metadata = loaded.metadata;
  const id = (value) => (value === undefined || value === null || Number(value) === -1 ? undefined : String(value));
  const current = id(metadata["current-snapshot-id"]);
  const snapshots = [...(metadata.snapshots ?? [])].sort((a, b) => a["timestamp-ms"] - b["timestamp-ms"]);
  const page = {...place, loaded, metadata, snapshots, current, id, snapshot: snapshots.find((s) => id(s["snapshot-id"]) === current)};
  const content = {"": tableOverview, schema: tableSchema, snapshots: tableSnapshots, files: tableFiles,
                   properties: (p) => properties("Properties", p.metadata.properties), reports: tableReports,
                   metadata: tableMetadata}[tab];
  if (!content) throw Object.assign(new Error(`There is no page ${tab} of a table.`), {status: 404});
  return [
    crumbs(warehouse, levels),
    head(name, h("span", {class: "tag"}, `format ${metadata["format-version"]}`),
         metadata.properties?.comment && h("span", {class: "soft"}, metadata.properties.comment)),
    h("nav", {class: "tabs", "aria-label": "Of this table"}, tabs.map(([key, title]) =>
      h("a", {href: link.table(warehouse, levels, name, key), "aria-current": key === tab ? "page" : undefined}, title))),
    await content(page, context),
  ];
}

const total = (snapshot, key) => (snapshot?.summary?.[key] === undefined ? undefined : Number(snapshot.summary[key]));

function tableOverview({warehouse, levels, name, metadata, snapshots, snapshot, loaded}) {
  const schema = metadata.schemas.find((one) => one["schema-id"] === metadata["current-schema-id"]);
  const names = new Map(fieldsOf(schema, 0, []).map((field) => [field.id, field.name]));
  const spec = metadata["partition-specs"].find((one) => one["spec-id"] === metadata["default-spec-id"]);
  const order = metadata["sort-orders"]?.find((one) => one["order-id"] === metadata["default-sort-order-id"]);
  const files = total(snapshot, "total-data-files");
  const size = total(snapshot, "total-files-size");
  const rows = snapshots.map((one) => total(one, "total-records")).filter((value) => value !== undefined);
  const facts = [
    ["Partitioned by", spec?.fields.length ? spec.fields.map((field) => transformText(field, names)).join(", ") : "nothing"],
    ["Sorted by", order?.fields.length ? order.fields.map((field) => `${transformText(field, names)} ${field.direction}`).join(", ") : "nothing"],
    ["Branches and tags", Object.entries(metadata.refs ?? {}).map(([ref, to]) =>
      [h("span", {class: "tag", title: String(to["snapshot-id"])}, `${ref} (${to.type})`), " "])],
    ["Location", h("code", {}, metadata.location)],
    ["Metadata", h("code", {}, loaded["metadata-location"])],
    ["UUID", h("code", {}, metadata["table-uuid"])],
  ];
  return [
    figures([
      ["Rows", number(snapshot ? total(snapshot, "total-records") : 0)],
      ["Data files", number(snapshot ? files : 0)],
      ["Delete files", number(snapshot ? total(snapshot, "total-delete-files") : 0)],
      ["Size", bytes(snapshot ? size : 0)],
      ["A file, on average", files > 0 && size !== undefined ? bytes(size / files) : "–"],
      ["Columns", number(schema.fields.length)],
      ["Snapshots", number(snapshots.length)],
      ["Changed", time(metadata["last-updated-ms"])],
    ]),
    h("div", {class: "columns"},
      schemaSheet("Columns", schema),
      h("div", {},
        sheet("Rows over snapshots", null, h("div", {class: "body"}, rows.length
          ? chart(rows, `Rows in ${rows.length} snapshots, now ${rows[rows.length - 1]}`)
          : h("span", {class: "soft"}, "No snapshot tells of its rows."))),
        sheet("Facts", null, h("table", {}, h("tbody", {}, facts.map(([title, value]) =>
          h("tr", {}, h("th", {scope: "row"}, title), h("td", {class: "wide"}, value)))))))),
    snapshots.length > 0 && sheet("Latest snapshots", h("a", {href: link.table(warehouse, levels, name, "snapshots")}, "All"),
      snapshotRows({warehouse, levels, name, metadata}, [...snapshots].reverse().slice(0, 5), snapshot)),
  ];
}

function tableSchema({metadata}) {
  return [...metadata.schemas].sort((a, b) => b["schema-id"] - a["schema-id"]).map((schema) =>
    schemaSheet(`Schema ${schema["schema-id"]}`, schema,
                schema["schema-id"] === metadata["current-schema-id"] ? h("span", {class: "tag accent"}, "current") : null));
}

function snapshotRows({warehouse, levels, name, metadata}, list, current) {
  const refs = new Map();
  for (const [ref, to] of Object.entries(metadata.refs ?? {})) {
    const key = String(to["snapshot-id"]);
    refs.set(key, [...(refs.get(key) ?? []), ref]);
  }
  return table([
    ["When", (one) => time(one["timestamp-ms"])],
    ["Snapshot", (one) => [h("a", {class: "mono", href: `${link.table(warehouse, levels, name, "files")}/${one["snapshot-id"]}`},
                             String(one["snapshot-id"])),
                           (refs.get(String(one["snapshot-id"])) ?? []).map((ref) => [" ", h("span", {class: "tag accent"}, ref)])]],
    ["No.", (one) => one["sequence-number"] ?? "", "number"],
    ["Operation", (one) => one.summary?.operation ?? ""],
    ["Rows added", (one) => number(total(one, "added-records") ?? 0), "number"],
    ["deleted", (one) => number(total(one, "deleted-records") ?? 0), "number"],
    ["in all", (one) => number(total(one, "total-records")), "number"],
    ["Files", (one) => number(total(one, "total-data-files")), "number"],
    ["Size", (one) => bytes(total(one, "total-files-size")), "number"],
    ["By", (one) => h("span", {class: "soft"}, one.summary?.["engine-name"] ?? one.summary?.["trino_user"] ?? "")],
  ], list, (one) => (one === current ? "current" : undefined));
}

function tableSnapshots(page) {
  const list = [...page.snapshots].reverse();
  return sheet("Snapshots", number(list.length),
               list.length ? snapshotRows(page, list, page.snapshot) : empty("No snapshot yet", "Nothing was written to this table so far."));
}

async function tableFiles(page, {signal}) {
  const {warehouse, levels, name, snapshots, current, id} = page;
  const wanted = page.rest ?? current;
  if (wanted === undefined) return h("div", {class: "sheet"}, empty("No files", "The table has no snapshot yet."));
  const answer = await api.files(warehouse, levels, name, wanted, 0, signal);
  const rows = answer.files;
  const body = h("div", {});
  const largest = Math.max(...answer.sizes.map((size) => size.files), 1);
  const draw = () => {
    body.replaceChildren(rows.length ? table([
      ["File", (file) => h("span", {class: "mono", title: file.path}, file.path.split("/").pop()), "wide"],
      ["", (file) => (file.content === "data" ? "" : h("span", {class: "tag warn"}, file.content))],
      ["Partition", (file) => h("span", {class: "mono"}, file.partition)],
      ["Rows", (file) => number(file.records), "number"],
      ["Size", (file) => bytes(file.bytes), "number"],
      ["Format", (file) => h("span", {class: "soft"}, file.format.toLowerCase())],
    ], rows) : empty("No files", "This snapshot is empty."));
    if (rows.length < answer.total) {
      body.append(h("div", {class: "body"}, h("button", {type: "button", onclick: async () => {
        rows.push(...(await api.files(warehouse, levels, name, wanted, rows.length, signal)).files);
        draw();
      }}, `Show more of ${number(answer.total)}`)));
    }
  };
  draw();
  const choose = h("select", {"aria-label": "Snapshot", onchange: (event) => {
    location.hash = `${link.table(warehouse, levels, name, "files")}/${event.target.value}`;
  }}, [...snapshots].reverse().map((one) => h("option", {value: id(one["snapshot-id"]), selected: id(one["snapshot-id"]) === wanted},
    `${new Date(one["timestamp-ms"]).toISOString().replace("T", " ").slice(0, 19)}  ${one["snapshot-id"]}`)));
  return [
    figures([["Files", number(answer.total)], ["Rows", number(answer.records)], ["Size", bytes(answer.bytes)],
             ["A file, on average", answer.total ? bytes(answer.bytes / answer.total) : "–"]]),
    answer.total > 0 && sheet("Sizes", null, table([
      ["Up to", (size) => (size["up-to"] === undefined ? "larger" : bytes(size["up-to"]))],
      ["Files", (size) => number(size.files), "number"],
      ["", (size) => bar(size.files / largest), "wide"],
    ], answer.sizes)),
    sheet("Files", choose, body),
  ];
}

async function tableReports({warehouse, levels, name}, {signal}) {
  const {reports} = await api.reports(warehouse, levels, name, signal);
  const metric = (report, key) => report.metrics?.[key];
  const timer = (report, key) => (metric(report, key) ? seconds(metric(report, key)["total-duration"] / 1e9) : "–");
  return sheet("Reports of clients", number(reports.length), reports.length ? table([
    ["When", ({received}) => time(received)],
    ["Report", ({report}) => report["report-type"].replace("-report", "")],
    ["Snapshot", ({report}) => h("span", {class: "mono"}, String(report["snapshot-id"] ?? ""))],
    ["Planning / commit", ({report}) => timer(report, report["report-type"] === "scan-report" ? "total-planning-duration" : "total-duration"), "number"],
    ["Files read", ({report}) => number(metric(report, "result-data-files")?.value), "number"],
    ["Skipped", ({report}) => number(metric(report, "skipped-data-files")?.value), "number"],
    ["Size read", ({report}) => bytes(metric(report, "total-file-size-in-bytes")?.value), "number"],
    ["", ({report}) => h("span", {class: "soft"}, report.metadata?.["engine-name"] ?? ""), "wide"],
  ], reports) : empty("No reports", "Spark, Trino and Java clients tell here how their scans went."));
}

function tableMetadata({loaded}) {
  return sheet("Metadata file", h("code", {}, loaded["metadata-location"]), h("pre", {tabindex: 0}, JSON.stringify(loaded.metadata, null, 2)));
}

export async function viewPage({warehouse, levels, name}, {signal}) {
  const {metadata} = await api.view(warehouse, levels, name, signal);
  const version = metadata.versions.find((one) => one["version-id"] === metadata["current-version-id"]);
  const schema = metadata.schemas.find((one) => one["schema-id"] === version["schema-id"]);
  return [
    crumbs(warehouse, levels), head(name, h("span", {class: "tag"}, "view"), h("span", {class: "soft"}, `version ${version["version-id"]}`)),
    version.representations.map((one) => sheet("SQL", h("span", {class: "tag"}, one.dialect), h("pre", {tabindex: 0}, one.sql))),
    schema && schemaSheet("Columns", schema),
    properties("Properties", metadata.properties),
  ];
}
