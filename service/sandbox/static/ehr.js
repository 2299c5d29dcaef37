// What the EHR sends and gets: the public interface of the service, and the sandbox's own helpers.

import { config } from "./dom.js";

/** Give the services of the discovery answer. */
export async function discover(token) {
  const { body } = await send("GET", "/cds-services", undefined, token);
  return body?.services ?? [];
}

/** Give an example patient. */
export async function open(name) {
  const { status, body } = await send("GET", `/sandbox/charts/${encodeURIComponent(name)}`);
  return status === 200 ? body : null;
}

/** Let the request of a hook be written as the EHR sends it. */
export function write(asked) {
  return send("POST", "/sandbox/request", asked);
}

/** Fire a hook: give the exchange with its time, and the token that was sent. */
export async function fire(service, request, assertion) {
  const path = `/cds-services/${service}`;
  return { path, ...(await send("POST", path, request, assertion)) };
}

/** Tell the service what became of a card. */
export async function feedback(service, entry, assertion) {
  const path = `/cds-services/${service}/feedback`;
  const sent = { feedback: [entry] };
  return { path, ...(await send("POST", path, sent, assertion)) };
}

/** Give the HTML of card details. */
export async function markdown(texts) {
  const { body } = await send("POST", "/sandbox/markdown", { texts });
  return body?.html ?? texts.map(() => "");
}

/** Give what `vidare validate` says of a record. */
export async function validate(text) {
  return send("POST", "/sandbox/validate", text);
}

/** Give what the service fetched during a call. */
export async function fetched(instance) {
  const { body } = await send("GET", `/sandbox/fetched/${instance}`);
  return body?.fetched ?? [];
}

/** Give a signed token of the sandbox's EHR for an address, or null where none can be had. */
export async function assertion(path) {
  const { status, body } = await send("POST", "/sandbox/assertion", { path });
  return status === 200 ? body.token : null;
}

async function send(method, path, content, token) {
  const headers = { Accept: "application/json", "Accept-Language": config.language };
  if (content !== undefined) headers["Content-Type"] = "application/json";
  if (token) headers.Authorization = `Bearer ${token}`;
  const sent = typeof content === "string" ? content : JSON.stringify(content);
  const started = performance.now();
  try {
    const response = await fetch(path, { method, headers, body: sent });
    const text = await response.text();
    const milliseconds = Math.round(performance.now() - started);
    return { method, status: response.status, milliseconds, sent: content, body: parsed(text) };
  } catch {
    return { method, status: 0, milliseconds: 0, sent: content, body: null };
  }
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
