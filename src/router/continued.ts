import type { Call } from "../canonical/call.ts";
import { GatewayError } from "../canonical/error.ts";
import type { Pins } from "../canonical/ports.ts";
import type { ConfiguredProvider } from "../providers/index.ts";
import { type Candidate, candidate } from "./candidate.ts";

/**
 * Where a call goes that is about an answer its provider keeps: to the keeper. An answer nobody here has heard of (older than
 * our notes, or made elsewhere) is looked for where the model leads, or at the one provider that could have it. Throws
 * GatewayError: `not_found`, or `invalid_request` where the model leads away from the keeper.
 */
export function continued(
  call: Call,
  id: string,
  providers: ReadonlyMap<string, ConfiguredProvider>,
  pins: Pick<Pins, "find">,
  byModel: (call: Call) => Candidate,
): Candidate {
  const kept = pins.find(call.caller.keyId, id);
  if (kept === "none") throw notFound(call, `There is no answer \`${id}\` here: it was deleted, or it is not yours.`);
  const able = [...providers.values()].filter(({ remote }) => serves(call, remote.endpoints));
  if (call.operation === "stored") {
    if (kept === undefined) {
      const [only, ...more] = able;
      if (only !== undefined && more.length === 0) return candidate(call, only, "", `${only.name} alone can keep answers`);
      const names = able.map(({ name }) => name).join(", ");
      throw notFound(
        call,
        only === undefined
          ? `No provider is configured that could keep the answer \`${id}\`.`
          : `It is not known which provider keeps the answer \`${id}\` (${names}): it was not made through this gateway, or long ago. Ask its provider itself.`,
      );
    }
    const keeper = providers.get(kept.provider);
    if (keeper === undefined) throw gone(call, id, kept.provider);
    return candidate(call, keeper, kept.model, `${keeper.name} keeps the answer ${id}`);
  }
  const found = byModel(call);
  const { provider } = found.deployment;
  if (kept !== undefined && !providers.has(kept.provider)) throw gone(call, id, kept.provider);
  if (kept !== undefined && kept.provider !== provider) {
    throw new GatewayError(
      "invalid_request",
      `The answer \`${id}\` is kept by ${kept.provider}, and \`${call.model.slice(0, 100)}\` is a model of ${provider}. Go on with a model of ${kept.provider}, such as ${kept.provider}/${kept.model}, or send the whole conversation instead of the id.`,
      { param: "model" },
    );
  }
  if (found.endpoint.wire.name !== call.callerWire) {
    throw notFound(
      call,
      `${provider} cannot keep answers, so it has no \`${id}\` to go on from. Send the whole conversation instead of the id.`,
    );
  }
  return found;
}

const serves = (call: Call, endpoints: ConfiguredProvider["remote"]["endpoints"]): boolean =>
  endpoints.some(({ wire, operations }) => wire.name === call.callerWire && operations.includes(call.operation));

const notFound = (call: Call, message: string): GatewayError =>
  new GatewayError("not_found", message, { param: call.operation === "stored" ? "response_id" : "previous_response_id" });

const gone = (call: Call, id: string, provider: string): GatewayError =>
  notFound(
    call,
    `The answer \`${id}\` is kept by ${provider}, which is not configured any more. Send the whole conversation instead of the id.`,
  );
