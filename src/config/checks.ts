import type { KeyOptions } from "./config.ts";
import type { ConfigDocument } from "./document.ts";
import { isLoopback } from "./loopback.ts";
import type { Problem } from "./problems.ts";
import type { ConfigFile } from "./schema.ts";
import { closing, nearest } from "./suggest.ts";

/* What a schema cannot say: rules between several values of the file. */

/** Names that the providers area knows. */
export interface KnownNames {
  readonly providers: Iterable<string>;
  readonly wires: Iterable<string>;
}

/** `elsewhere`: the host did not come from the file, so no line of it is to blame. */
export function openToTheWorld(
  host: string,
  { keys }: Pick<ConfigFile, "keys">,
  document: ConfigDocument,
  elsewhere?: string,
): Problem[] {
  if (keys.length > 0 || isLoopback(host)) return [];
  const message = `${host} can be reached from other machines, and no keys are configured: anyone could spend your credentials. Add a key under "keys", or listen on 127.0.0.1.`;
  return [{ ...(elsewhere !== undefined ? {} : document.locate(["server", "host"])), message }];
}

/** A gateway without keys is safe from the pages that a browser on this machine shows as long as it knows its own names. */
export function openToPages(hosts: readonly string[], { keys }: Pick<ConfigFile, "keys">, document: ConfigDocument): Problem[] {
  if (keys.length > 0) return [];
  return hosts.flatMap((host, index) => {
    if (host !== "*") return [];
    const message =
      'hosts: "*" without keys lets every web page that a browser on this machine shows spend your credentials. Add a key under "keys", or name the hosts.';
    return [{ ...document.locate(["server", "hosts", index]), message }];
  });
}

export function repeatedKeys(keys: readonly KeyOptions[], document: ConfigDocument): Problem[] {
  return keys.flatMap((key, index) => {
    const before = keys.slice(0, index);
    const problems: Problem[] = [];
    if (before.some(({ id }) => id === key.id)) {
      problems.push({
        ...document.locate(["keys", index, "id"]),
        message: `another key has the id ${JSON.stringify(key.id)} already`,
      });
    }
    const twin = before.find(({ secret }) => secret.reveal() === key.secret.reveal());
    if (twin !== undefined) {
      const message = `this key has the same secret as the key ${JSON.stringify(twin.id)}; whose call it is could not be told`;
      problems.push({ ...document.locate(["keys", index, "secret"]), message });
    }
    return problems;
  });
}

/** Of Gemini's API and Vertex AI. One that is near none of them may be newer than this. */
const categories: ReadonlySet<string> = new Set(
  [
    ...["HARASSMENT", "HATE_SPEECH", "SEXUALLY_EXPLICIT", "DANGEROUS_CONTENT", "CIVIC_INTEGRITY", "JAILBREAK"],
    ...["IMAGE_HARASSMENT", "IMAGE_HATE", "IMAGE_SEXUALLY_EXPLICIT", "IMAGE_DANGEROUS_CONTENT"],
    ...["DEROGATORY", "TOXICITY", "VIOLENCE", "SEXUAL", "MEDICAL", "DANGEROUS", "UNSPECIFIED"],
  ].map((name) => `HARM_CATEGORY_${name}`),
);
const prefix = "HARM_CATEGORY_";

/** Only Gemini's wire has thresholds for categories of harm; a misspelt one would guard nothing. */
export function strangeSafety(
  { providers, guards }: Pick<ConfigFile, "providers" | "guards">,
  document: ConfigDocument,
): Problem[] {
  const misspelt = Object.entries(guards.safety).flatMap(([name, settings]) =>
    Object.keys(settings).flatMap((category): Problem[] => {
      // The beginning that all share makes none of them near.
      const meant = [...categories].map((known) => known.slice(prefix.length));
      const near = categories.has(category) ? undefined : nearest(category.slice(prefix.length), meant);
      if (near === undefined) return [];
      const message = `there is no category ${category}; did you mean "${prefix}${near}"?`;
      return [{ ...document.locate(["guards", "safety", name, category], "key"), message }];
    }),
  );
  return [...misspelt, ...withoutSafety({ providers, guards }, document)];
}

function withoutSafety({ providers, guards }: Pick<ConfigFile, "providers" | "guards">, document: ConfigDocument): Problem[] {
  return Object.keys(guards.safety)
    .filter((name) => name !== "google" && providers[name]?.wire !== "gemini")
    .map((name) => {
      const message = `${name} is no provider that speaks Gemini's wire: only those have safety settings`;
      return { ...document.locate(["guards", "safety", name], "key"), message };
    });
}

export function strangeProviders({ providers }: ConfigFile, document: ConfigDocument, known: KnownNames): Problem[] {
  const builtIn = new Set(known.providers);
  const wires = [...known.wires];
  return Object.entries(providers).flatMap(([name, given]): Problem[] => {
    const path = ["providers", name];
    if (given?.wire !== undefined && !wires.includes(given.wire)) {
      const message = `there is no wire ${JSON.stringify(given.wire)}${closing(given.wire, wires)} Known: ${wires.join(", ")}`;
      return [{ ...document.locate([...path, "wire"]), message }];
    }
    if (builtIn.has(name)) {
      if (given?.wire === undefined) return [];
      const message = `${name} is built in and its wires are known; leave "wire" out, or give your provider another name`;
      return [{ ...document.locate([...path, "wire"], "key"), message }];
    }
    const missing = (["wire", "base_url", "api_key"] as const).filter((key) => given?.[key] === undefined);
    if (missing.length === 0) return [];
    const what = `${name} is not built in${closing(name, builtIn)} A provider of your own needs wire, base_url and api_key (none where it asks for none)`;
    return [{ ...document.locate(path, "key"), message: `${what}; missing: ${missing.join(", ")}` }];
  });
}
