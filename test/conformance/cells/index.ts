import type { WireName } from "../loader.ts";
import { otherWires, type Subject } from "../subject.ts";
import type { Cell, TargetCell } from "./cell.ts";
import { cuts } from "./cuts.ts";
import { decode } from "./decode.ts";
import { limits } from "./limits.ts";
import { relay } from "./relay.ts";
import { requests } from "./requests.ts";
import { socket } from "./socket.ts";
import { translate } from "./translate.ts";
import { translateRequests } from "./translate-requests.ts";

export type CellName =
  | "decode"
  | "cuts"
  | "relay"
  | "requests"
  | "translate-other"
  | "translate-same"
  | "translate-requests"
  | "limits"
  | "socket";

/** Where an exchange is translated to: each wire is a case of its own. */
type Targets = (subject: Subject, wire: WireName) => readonly WireName[];

interface Entry {
  readonly run: TargetCell;
  /** Absent: the cell judges the exchange as such. */
  readonly targets?: Targets | undefined;
}

const own = (run: Cell): Entry => ({ run });
const each = (run: TargetCell, targets: Targets): Entry => ({ run, targets });
const same: Targets = (_subject, wire) => [wire];

/** What is judged, by the name it has in the table. */
export const cells: { readonly [name in CellName]: Entry } = {
  decode: own(decode),
  cuts: own(cuts),
  relay: own(relay),
  requests: own(requests),
  "translate-other": each(translate, otherWires),
  "translate-same": each(translate, same),
  "translate-requests": each(translateRequests, otherWires),
  limits: own(limits),
  socket: own(socket),
};

/** Cells, and what is judged once after all of them: the books. */
export type Column = CellName | "embed" | "count" | "ledger";

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

export const columns: readonly Column[] = [...cellNames, "embed", "count", "ledger"];
