import { Secret } from "../canonical/secret.ts";
import type { Quirks } from "../wires/wire.ts";
import { customRemotes } from "./custom.ts";
import type { ProviderOptions, Variables } from "./options.ts";
import type { BuiltIn, ConfiguredProvider, Remote } from "./provider.ts";

/** What keeps a provider that the operator named from being used. */
export class ProviderError extends Error {
  override readonly name = "ProviderError";
}

/** See `resolveProviders` in index.ts. */
export function resolveAmong(
  builtIns: readonly BuiltIn[],
  options: readonly ProviderOptions[],
  variables: Variables,
): Map<string, ConfiguredProvider> {
  const resolved = new Map<string, ConfiguredProvider>();
  for (const option of options) {
    const builtIn = builtIns.find(({ name }) => name === option.name);
    resolved.set(option.name, builtIn === undefined ? custom(option) : configured(builtIn, option, variables));
  }
  for (const builtIn of builtIns) {
    if (resolved.has(builtIn.name) || keyVariable(builtIn, variables) === undefined) continue;
    resolved.set(builtIn.name, configured(builtIn, { name: builtIn.name }, variables));
  }
  markNative(resolved, builtIns);
  return resolved;
}

/** One provider per wire is marked: the wire's inventor where it is configured, else the first that speaks it by preference. */
function markNative(providers: Map<string, ConfiguredProvider>, builtIns: readonly BuiltIn[]): void {
  const owners = new Map(builtIns.flatMap(({ name, owns = [] }) => owns.map((wire) => [wire, name] as const)));
  const marked = new Set<string>();
  for (const provider of [...providers.values()]) {
    for (const wire of nativeTo(provider.remote)) {
      if (marked.has(wire)) continue;
      marked.add(wire);
      const native = providers.get(owners.get(wire) ?? provider.name) ?? providers.get(provider.name) ?? provider;
      providers.set(native.name, { ...native, nativeWires: [...native.nativeWires, wire] });
    }
  }
}

const nativeTo = ({ native, endpoints }: Remote): readonly string[] => native ?? endpoints.map(({ wire }) => wire.name);

function configured(builtIn: BuiltIn, option: ProviderOptions, variables: Variables): ConfiguredProvider {
  const given = option.baseUrl ?? (builtIn.baseUrlVariable && variables.get(builtIn.baseUrlVariable));
  // Whoever else stands in for the provider gives out credentials of his own.
  const keysPage = given === undefined || URL.parse(given)?.host === new URL(builtIn.baseUrl).host ? builtIn.keysPage : undefined;
  const address: Address = { url: given ?? builtIn.baseUrl, given: given !== undefined, keysPage };
  const remote = withQuirks(builtIn.remote, option.quirks);
  if (option.apiKey !== undefined) return make(option.name, remote, address, option.apiKey, "configuration");
  const variable = keyVariable(builtIn, variables);
  const value = variable === undefined ? undefined : variables.get(variable)?.trim();
  if (variable === undefined || value === undefined) {
    const names = builtIn.keyVariables.join(" or ");
    throw new ProviderError(
      `The provider ${option.name} has no credential: set ${names}, or give it an api_key in the configuration (none where it asks for none).`,
    );
  }
  if (!/^[\x21-\x7e]+$/.test(value)) {
    throw new ProviderError(
      `${variable} holds characters that cannot be sent in a header, so it is no credential; set it again.`,
    );
  }
  return make(option.name, remote, address, new Secret(value), `${variable} (${variables.source(variable) ?? "environment"})`);
}

function custom({ name, wire, baseUrl, apiKey, quirks }: ProviderOptions): ConfiguredProvider {
  const remote = wire === undefined ? undefined : customRemotes.get(wire);
  if (remote === undefined || baseUrl === undefined || apiKey === undefined) {
    const wires = [...customRemotes.keys()].join(", ");
    throw new ProviderError(
      `The provider ${name} is not built in: it needs a wire (one of ${wires}), a base_url and an api_key.`,
    );
  }
  return make(name, withQuirks(remote, quirks), { url: baseUrl, given: true }, apiKey, "configuration");
}

interface Address {
  readonly url: string;
  /** By the operator. */
  readonly given: boolean;
  readonly keysPage?: string | undefined;
}

function make(name: string, remote: Remote, address: Address, apiKey: Secret | "none", from: string): ConfiguredProvider {
  const parsed = URL.parse(address.url);
  if (parsed === null || !/^https?:$/.test(parsed.protocol) || parsed.username !== "" || parsed.password !== "") {
    throw new ProviderError(
      `The base URL of the provider ${name} is no URL as https://host/path; correct base_url or the variable it came from.`,
    );
  }
  const baseUrl = remote.normaliseBase(`${parsed.origin}${parsed.pathname}`);
  const none = apiKey === "none";
  return {
    name,
    remote,
    baseUrl,
    baseUrlGiven: address.given,
    ...(none ? {} : { credential: apiKey }),
    credentialFrom: none ? "none needed" : from,
    nativeWires: [],
    modelsUrl: remote.modelsUrl(baseUrl),
    keysPage: address.keysPage,
  };
}

function withQuirks(remote: Remote, quirks: Quirks | undefined): Remote {
  if (quirks === undefined) return remote;
  const said = Object.fromEntries(Object.entries(quirks).filter(([, value]) => value !== undefined));
  return { ...remote, quirks: { ...remote.quirks, ...said } };
}

const keyVariable = ({ keyVariables }: BuiltIn, variables: Variables): string | undefined =>
  keyVariables.find((name) => variables.get(name) !== undefined);
