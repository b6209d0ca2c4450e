import type { Cell } from "./cell.ts";
import { cuts } from "./cuts.ts";
import { decode } from "./decode.ts";
import { limits } from "./limits.ts";
import { relay } from "./relay.ts";
import { requests } from "./requests.ts";
import { socket } from "./socket.ts";
import { translateTo } from "./translate.ts";
import { translateRequests } from "./translate-requests.ts";

/** What is judged, by the name it has in the table. */
export const cells = {
  decode,
  cuts,
  relay,
  requests,
  "translate-other": translateTo("other"),
  "translate-same": translateTo("same"),
  "translate-requests": translateRequests,
  limits,
  socket,
} as const satisfies { readonly [name: string]: Cell };

export type CellName = keyof typeof cells;

/** Cells, and what is judged once after all of them: the books. */
export type Column = CellName | "ledger";

export const cellNames: readonly CellName[] = [
  "decode",
  "cuts",
  "relay",
  "requests",
  "translate-other",
  "translate-same",
  "translate-requests",
  "limits",
  "socket",
];

export const columns: readonly Column[] = [...cellNames, "ledger"];
