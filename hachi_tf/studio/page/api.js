// What the server is asked: the studio's routes and the ordinary serving ones.
import { ask } from "./dom.js";

const TOKEN = "hachi-token";
let asking = null;

/** An answer that says no, with the server's own line. */
class Refused extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

async function fetchOnce(path, { method, body, type, signal }) {
  const headers = {};
  const token = sessionStorage.getItem(TOKEN);
  if (token) headers.authorization = `Bearer ${token}`;
  if (method !== "GET") headers["x-hachi-studio"] = "1";
  if (type) headers["content-type"] = type;
  try {
    return await fetch(path, { method, headers, body, signal, cache: "no-store" });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Refused(0, "the server does not answer; is it still running?");
  }
}

function askToken() {
  asking ??= ask({
    title: "This studio asks for a token",
    text: "Whoever started it has one. It stays in this tab only.",
    yes: "Open", field: { label: "Token", type: "password" },
  }).then((token) => {
    asking = null;
    if (token) sessionStorage.setItem(TOKEN, token);
    return token;
  });
  return asking;
}

/**
 * Asks the server.
 * @param {string} path - with a leading slash.
 * @param {Object} options - `method`, `json` (sent as such) or `body` with `type`, `signal`.
 * @returns {Promise<Response>} an answer that says yes.
 * @throws {Refused} any other.
 */
export async function request(path, { method = "GET", json, body, type, signal } = {}) {
  if (json !== undefined) [body, type] = [toJson(json), "application/json"];
  for (;;) {
    const answer = await fetchOnce(path, { method, body, type, signal });
    if (answer.ok) return answer;
    if (answer.status === 401 && (await askToken())) continue;
    let message = `${answer.status} ${answer.statusText}`;
    try {
      message = (await answer.json()).error ?? message;
    } catch { /* no JSON: the status must do */ }
    throw new Refused(answer.status, message);
  }
}

// JSON has no NaN; this server reads and writes it as a bare token.
const toJson = (value) => JSON.stringify(value, (_, each) => (Number.isNaN(each) ? "\u0000NaN" : each))
  .replaceAll('"\\u0000NaN"', "NaN");

async function fromJson(answer) {
  const text = await answer.text();
  try {
    return JSON.parse(text);
  } catch {
    return JSON.parse(text.replace(/(?<=[[,:\s])-?(NaN|Infinity)(?=[\],}\s])/g, "null"));
  }
}

/** The JSON that a route answers. */
export const get = async (path, options) => fromJson(await request(path, options));
/** Sends JSON and gives back the JSON of the answer. */
export const send = (path, json = {}, method = "POST") => get(path, { method, json });
/** The bytes that a route answers. */
export const blob = async (path, options) => (await request(path, options)).blob();

const API = "/studio/api";
const at = (...parts) => [API, ...parts.map(encodeURIComponent)].join("/");
export const paths = { at };

/** All models that are served. */
export const models = async () => (await get(at("models"))).models;

/** Waits until a model is loaded. */
export async function ready(model) {
  while (model.state !== "AVAILABLE") {
    const found = (await models()).find((each) => each.name === model.name);
    if (!found) throw new Refused(404, `there is no model ${model.name} any more`);
    Object.assign(model, found);
    if (model.state === "END") throw new Refused(400, model.error ?? `${model.name} cannot be loaded`);
    if (model.state !== "AVAILABLE") await new Promise((resolve) => setTimeout(resolve, 400));
  }
}

const signatures = new Map();

/** The names of a signature's inputs. */
async function inputsOf(model, signature) {
  const key = `${model.name}/${model.version}`;
  if (!signatures.has(key)) {
    signatures.set(key, get(`/v1/models/${encodeURIComponent(model.name)}/metadata`)
      .then((found) => found.metadata.signature_def.signature_def)
      .catch((error) => { signatures.delete(key); throw error; }));
  }
  return Object.keys((await signatures.get(key))[signature].inputs);
}

/**
 * Draws rows with a signature.
 * @param {Object} model - a row of `models`.
 * @param {string} signature - `sample`, `continue`, `sample_primed`.
 * @param {Object[]} rows - an input's value by its name; what the signature lacks is left out.
 * @returns {Promise<Object[]>} an object a row.
 */
export async function predict(model, signature, rows, signal) {
  await ready(model);
  const names = await inputsOf(model, signature);
  const neutral = {
    style: "", top_k: 0, top_p: 1, bias: 0, temperature: 1, text: "",
    fixed: model.columns.map(() => NaN),
  };
  const instances = rows.map((row) =>
    Object.fromEntries(names.map((name) => [name, row[name] ?? neutral[name]])));
  const answer = await get(`/v1/models/${encodeURIComponent(model.name)}:predict`, {
    method: "POST", json: { signature_name: signature, instances }, signal,
  });
  return answer.predictions;
}

/** A file made of what was drawn, as `sample --output` writes it. */
export const render = (model, format, drawn) =>
  blob(`${at("models", model.name, "render")}?format=${format}`, { method: "POST", json: drawn });
