import type { Gateway } from "./gateway.ts";
import type { GatewayOptions } from "./options.ts";

/**
 * A gateway inside this program. Nothing is loaded before this is called, and nothing of the process is touched: no signal
 * handlers, no output, no exit. Several may run side by side and share nothing but, if they are told so, the books' directory.
 *
 * Rejects with a ConfigError that lists every problem of the settings (a provider's missing credential, too), with a StorageError
 * where the books cannot be opened.
 */
export async function createGateway(options: GatewayOptions = {}): Promise<Gateway> {
  const { openGateway } = await import("./open-gateway.ts");
  return openGateway(options);
}
