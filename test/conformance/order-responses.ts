import type { WireEvent } from "../../src/canonical/event.ts";
import { isObject, type JsonObject } from "../../src/canonical/json.ts";
import { differences, num, obj, objects, parseJson, str } from "./json.ts";
import { OpenItem } from "./order-responses-item.ts";

/** How closely a stream is looked at. */
export interface ResponsesOrder {
  readonly complete: boolean;
  /** The end was put on by us after a cut: what was open stays open, and the last response need not repeat the items. */
  readonly cut?: boolean | undefined;
}

const terminals = new Set(["response.completed", "response.incomplete", "response.failed", "error"]);
const hosted =
  /^response\.(web_search_call|file_search_call|code_interpreter_call|image_generation_call|mcp_|shell_call|apply_patch_call|custom_tool_call)/;

/** Holds a served Responses stream to the order that OpenAI itself keeps. Gives one sentence per fault. */
export function responsesOrderFaults(events: readonly WireEvent[], { complete, cut = false }: ResponsesOrder): string[] {
  const faults: string[] = [];
  const items: OpenItem[] = [];
  let head: JsonObject | undefined;
  let terminal: { readonly type: string; readonly data: JsonObject } | undefined;
  for (const [at, { event, data: text }] of events.entries()) {
    const data = obj(parseJson(text));
    const type = str(data["type"]) ?? "";
    if (event !== type) faults.push(`event name ${event} over data of type ${type || text.slice(0, 20)}`);
    // OpenAI says an error twice: as such, and as the response's end.
    if (terminal && !(terminal.type === "error" && type === "response.failed")) faults.push(`${type} after ${terminal.type}`);
    if (data["sequence_number"] !== at) faults.push(`sequence_number ${String(data["sequence_number"])} at ${at} of ${type}`);
    if (!head && type !== "response.created" && type !== "error")
      faults.push(`${type || text.slice(0, 20)} before response.created`);
    if (terminals.has(type)) terminal = { type, data };
    if (type === "response.created" && head) faults.push("response.created twice");
    if (isObject(data["response"])) {
      head ??= data["response"];
      faults.push(...headFaults(head, data["response"], type));
    } else if (type === "response.output_item.added") added(items, data, faults);
    else if (type !== "error") inItem(items, type, data, faults);
  }
  if (!terminal) faults.push("no end event");
  else if (complete === (terminal.type === "error" || terminal.type === "response.failed"))
    faults.push(`ended by ${terminal.type}`);
  if (!cut && complete && terminal) faults.push(...endFaults(items, terminal.type, obj(terminal.data["response"])));
  if (terminal?.type === "error") faults.push(...errorFaults(terminal.data));
  if (terminal?.type === "response.failed") faults.push(...errorFaults(obj(obj(terminal.data["response"])["error"])));
  return faults;
}

const statuses: { readonly [type: string]: readonly string[] } = {
  "response.created": ["in_progress", "queued"],
  "response.queued": ["queued"],
  "response.in_progress": ["in_progress"],
  "response.completed": ["completed"],
  "response.incomplete": ["incomplete"],
  "response.failed": ["failed"],
};

function headFaults(head: JsonObject, response: JsonObject, type: string): string[] {
  const faults: string[] = [];
  for (const key of ["id", "created_at", "model"]) if (response[key] !== head[key]) faults.push(`${key} changes in ${type}`);
  if (!str(response["id"])) faults.push("a response without id");
  if (response["object"] !== "response") faults.push(`object is ${String(response["object"])}`);
  const allowed = statuses[type];
  if (!allowed) faults.push(`an unknown event ${type}`);
  else if (!allowed.includes(str(response["status"]) ?? "")) faults.push(`status ${String(response["status"])} in ${type}`);
  if (!Array.isArray(response["output"])) faults.push(`no output in ${type}`);
  if (type === "response.incomplete" && !str(obj(response["incomplete_details"])["reason"]))
    faults.push("incomplete without reason");
  return faults;
}

function added(items: OpenItem[], data: JsonObject, faults: string[]): void {
  const item = obj(data["item"]);
  if (num(data["output_index"]) !== items.length)
    faults.push(`output_index ${String(data["output_index"])}, ${items.length} next`);
  // Providers that speak chat go on with a call while others, or text, have begun; the index keeps them apart.
  const open = items.find((one) => !one.done && one.type !== "function_call");
  if (open) faults.push(`an item added inside an open ${open.type}`);
  const id = str(item["id"]);
  if (id !== undefined && items.some((one) => one.id === id)) faults.push("an item's id twice");
  items.push(new OpenItem(item, faults));
}

function inItem(items: readonly OpenItem[], type: string, data: JsonObject, faults: string[]): void {
  const index = num(data["output_index"]) ?? -1;
  const item = items[index];
  if (!type.startsWith("response.")) faults.push(`an unknown event ${type}`);
  else if (!item || item.done) faults.push(`${type} outside its item`);
  else if (type === "response.output_item.done") item.finish(obj(data["item"]), faults);
  else {
    if (str(data["item_id"]) !== item.id) faults.push(`${type} with another item_id`);
    if (!item.take(type, data, faults) && !hosted.test(type)) faults.push(`${type} in an item of type ${item.type}`);
  }
}

/** The last response says again what the events said. */
function endFaults(items: readonly OpenItem[], type: string, response: JsonObject): string[] {
  const faults: string[] = [];
  const output = objects(response["output"]);
  for (const [at, item] of items.entries()) {
    if (!item.done) faults.push(`a ${item.type} that never ends`);
    else if (differences("", item.last, output[at] ?? null).length > 0)
      faults.push(`${type} tells another ${item.type} than its item`);
  }
  if (output.length !== items.length) faults.push(`${output.length} items at the end, ${items.length} before`);
  return faults;
}

function errorFaults(error: JsonObject): string[] {
  const faults: string[] = [];
  if (!str(error["message"])) faults.push("an error without message");
  if (error["code"] === undefined) faults.push("an error without code");
  return faults;
}
