import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Kysely } from "kysely";
import type { LedgerSchema } from "../../../src/ledger/entry.ts";
import { openLedgerReader } from "../../../src/ledger/reader.ts";
import { type Journal, startSimulator } from "../../../src/simulator/index.ts";
import { systemRandom } from "../../../src/transport/random.ts";
import { startStack } from "../stack.ts";
import { type Place, type WireName, wires } from "./driver.ts";

const specs = process.env["POLYGATE_SPECS"] ?? join(import.meta.dirname, "../../../../shared/specs");

/** Where an SDK is pointed, and who witnesses what reaches the upstream. */
export interface Target {
  readonly place: Place;
  readonly journal: Journal;
}

export type Row = Awaited<ReturnType<typeof rowsAfter>>[number];

export interface Upstreams {
  readonly gateway: Target;
  readonly itself: Target;
  /** The sequence number of the ledger's last row of a wire's provider. */
  lastRow(wire: WireName): Promise<number>;
  /** The ledger's rows of a wire's provider beyond a sequence number, oldest first, once all that has ended is durable. */
  rows(wire: WireName, after: number): Promise<readonly Row[]>;
  readonly troubles: readonly string[];
  close(): Promise<void>;
}

/** What the gateway knows the upstream of a wire as. */
export const providerOf = (wire: WireName): string => `up-${wire}`;

const baseOf = (wire: WireName, url: string): string => {
  switch (wire) {
    case "openai-chat":
    case "openai-responses":
      return `${url}/v1`;
    case "anthropic-messages":
    case "gemini":
      return url;
  }
};

/**
 * A simulator behind a gateway, which knows it as four providers of one wire each, and another one to be spoken to without a
 * gateway. They judge by the specifications where these are there.
 */
export async function startUpstreams(): Promise<Upstreams> {
  const specsDir = existsSync(specs) ? specs : undefined;
  const alone = await startSimulator({ specsDir });
  const served = await startSimulator({ specsDir });
  const { gateway: key, upstream } = keys;
  const lines = wires.map(
    (wire) => `  ${providerOf(wire)}: { wire: ${wire}, base_url: ${baseOf(wire, served.url)}, api_key: ${upstream} }`,
  );
  // Without jitter retries cost no time.
  const stack = await startStack({
    yaml: [...lines, 'limits: { lag: "off", wrong_keys: 10000 }'].join("\n"),
    key,
    random: { ...systemRandom, next: () => 0 },
  });
  let reader: Kysely<LedgerSchema> | undefined;
  const settled = async (): Promise<Kysely<LedgerSchema>> => {
    await stack.running.gateway.flush();
    reader ??= openLedgerReader(stack.dataDir);
    if (reader === undefined) throw new Error("the gateway has written no ledger");
    return reader;
  };
  return {
    gateway: { place: { origin: stack.address, key }, journal: served.journal },
    itself: { place: { origin: alone.url, key: upstream }, journal: alone.journal },
    lastRow: async (wire) => {
      const db = await settled();
      const last = db
        .selectFrom("entries")
        .select("seq")
        .where("provider", "=", providerOf(wire))
        .orderBy("seq", "desc")
        .limit(1);
      return Number((await last.executeTakeFirst())?.seq ?? 0);
    },
    rows: async (wire, after) => rowsAfter(await settled(), providerOf(wire), after),
    troubles: stack.troubles,
    close: async () => {
      await reader?.destroy();
      await stack.close();
      await served.close();
      await alone.close();
    },
  };
}

const keys = { gateway: "pg-sdks-0123456789", upstream: "upstream-key" };

const rowsAfter = (db: Kysely<LedgerSchema>, provider: string, after: number) =>
  db.selectFrom("entries").selectAll().where("provider", "=", provider).where("seq", ">", after).orderBy("seq").execute();
