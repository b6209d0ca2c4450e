import { isLoopback } from "../../config/loopback.ts";
import type { Probe } from "../ports.ts";

interface Circumstances {
  readonly name: string;
  readonly url: URL;
  /** The variables that others take a proxy from. */
  readonly proxy: string | undefined;
  /** Milliseconds since the epoch, as this machine has it. */
  readonly nowMs: number;
}

export interface Advice {
  readonly what: string;
  readonly todo: string;
}

/** Why a provider could not be reached, and what to do about it. */
export function networkFault({ code, message }: Extract<Probe, { kind: "failure" }>, around: Circumstances): Advice {
  const { name, url, proxy, nowMs } = around;
  const { hostname, host, protocol } = url;
  const place = `${url.port === "" ? `${hostname}:${protocol === "https:" ? 443 : 80}` : host}`;
  const base = `base_url of ${name}`;
  switch (code) {
    case "ENOTFOUND":
      return { what: `no host is called ${hostname} (DNS: ENOTFOUND)`, todo: `correct ${base}, or the machine's DNS` };
    case "EAI_AGAIN":
      return {
        what: `the name ${hostname} cannot be looked up: no DNS server answers (EAI_AGAIN)`,
        todo: "check that this machine is on the network, and its DNS",
      };
    case "ECONNREFUSED":
      return isLoopback(hostname)
        ? { what: `nothing listens on ${place}`, todo: `start ${localServer(url)}, or correct ${base}` }
        : {
            what: `${place} takes no connections (ECONNREFUSED)`,
            todo: `correct host and port in ${base}, or start what should listen there`,
          };
    case "EHOSTUNREACH":
    case "ENETUNREACH":
      return { what: `there is no way from here to ${place} (${code})`, todo: "check this machine's network, VPN and firewall" };
    case "UND_ERR_CONNECT_TIMEOUT":
    case "timeout":
    case "ETIMEDOUT":
      return proxy === undefined
        ? { what: `${place} did not answer in time`, todo: "check the network: a firewall, a VPN, or a provider that is down" }
        : {
            what: `${place} did not answer in time, and ${proxy} is set`,
            todo: `Polygate connects directly and takes no proxy: open the firewall for ${place}, or point base_url at something that forwards to it`,
          };
    case "DEPTH_ZERO_SELF_SIGNED_CERT":
    case "SELF_SIGNED_CERT_IN_CHAIN":
    case "UNABLE_TO_VERIFY_LEAF_SIGNATURE":
    case "UNABLE_TO_GET_ISSUER_CERT":
    case "UNABLE_TO_GET_ISSUER_CERT_LOCALLY":
      return {
        what: `the certificate of ${place} is signed by nobody this machine trusts (TLS: ${code})`,
        todo: "have Node trust the authority that signed it: NODE_EXTRA_CA_CERTS=/path/to/ca.pem (a company's proxy that reads along has one, too)",
      };
    case "CERT_HAS_EXPIRED":
    case "CERT_NOT_YET_VALID":
      return {
        what: `the certificate of ${place} is not valid now (TLS: ${code}); this machine's clock says ${new Date(nowMs).toISOString()}`,
        todo: "correct the clock if that is wrong, else have the server's certificate renewed",
      };
    case "ERR_TLS_CERT_ALTNAME_INVALID":
      return {
        what: `the certificate of ${place} is for another host (TLS)`,
        todo: `name the host in ${base} as its certificate does`,
      };
    case "EPROTO":
    case "ERR_SSL_WRONG_VERSION_NUMBER":
    case "ERR_SSL_PACKET_LENGTH_TOO_LONG":
      return {
        what: `what listens on ${place} does not speak TLS (${code})`,
        todo: `write http:// instead of https:// in ${base}, if it is on your own network`,
      };
    case "ECONNRESET":
    case "UND_ERR_SOCKET":
    case "EPIPE":
      return {
        what: `${place} closes the connection without an answer`,
        todo:
          protocol === "http:"
            ? `write https:// in ${base} if that is what it speaks; else see its log`
            : "a firewall or proxy between may do that; if it stays so, ask the provider",
      };
    case "bad_reply":
      return protocol === "http:"
        ? {
            what: `what answers on ${place} is not HTTP`,
            todo: `write https:// in ${base} if that is what it speaks, else correct its port`,
          }
        : { what: `what answers on ${place} is not HTTP`, todo: `correct ${base}` };
    default:
      return { what: message.replace(/\.$/, ""), todo: `check ${base}` };
  }
}

function localServer({ port }: URL): string {
  switch (port) {
    case "11434":
      return "Ollama (`ollama serve`)";
    case "1234":
      return "LM Studio's server";
    case "8000":
      return "vLLM, or what else should listen there";
    case "8080":
      return "llama-server, or what else should listen there";
    default:
      return "the server that should listen there";
  }
}
