import { anthropic } from "./anthropic.ts";
import { customRemotes } from "./custom.ts";
import { google } from "./google.ts";
import { openai } from "./openai.ts";
import { openaiCompatible } from "./openai-compatible.ts";
import type { ProviderOptions, Variables } from "./options.ts";
import type { BuiltIn, ConfiguredProvider } from "./provider.ts";
import { resolveAmong } from "./resolve.ts";

export type { ProviderOptions, Variables } from "./options.ts";
export type { ConfiguredProvider } from "./provider.ts";

/** Every provider that works from its credential alone. */
const builtIns: readonly BuiltIn[] = [openai, anthropic, google, ...openaiCompatible];

/** What a configuration may name: built-in providers, and the wires that a provider of the operator's own may speak. */
export const knownNames: { readonly providers: readonly string[]; readonly wires: readonly string[] } = {
  providers: builtIns.map(({ name }) => name),
  wires: [...customRemotes.keys()],
};

/** Variables of which one is enough to have a provider; of those that mean the same the first. */
export const keyVariables: readonly string[] = builtIns.flatMap((builtIn) => builtIn.keyVariables.slice(0, 1));

/**
 * The providers that can be called, by name: those that the configuration names, in its order, then the built-in ones whose
 * credential is in the environment. Throws ProviderError naming the provider and what it lacks.
 */
export const resolveProviders = (options: readonly ProviderOptions[], variables: Variables): Map<string, ConfiguredProvider> =>
  resolveAmong(builtIns, options, variables);
