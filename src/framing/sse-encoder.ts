import type { WireEvent } from "../canonical/event.ts";

const LINE_END = /\r\n|\r|\n/;
const LINE_ENDS = /\r\n|\r|\n/g;

/**
 * Events as text of a server-sent event stream, each closed by its blank line. Data of several lines becomes several `data`
 * fields (a CR in it reads back as LF: the format cannot say it); an event name's line ends become spaces.
 */
export function encodeEvents(events: readonly WireEvent[]): string {
  let text = "";
  for (const { event, data } of events) {
    if (event) text += `event: ${LINE_END.test(event) ? event.replace(LINE_ENDS, " ") : event}\n`;
    text += LINE_END.test(data) ? `data: ${data.replace(LINE_ENDS, "\ndata: ")}\n\n` : `data: ${data}\n\n`;
  }
  return text;
}

/** A comment, which readers skip: keeps a silent stream alive. */
export const encodeComment = (text: string): string => `: ${text.replace(LINE_ENDS, "\n: ")}\n\n`;
