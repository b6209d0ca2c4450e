import cluster from "node:cluster";

/* Loaded into a gateway under test: its second worker cannot use a configuration that asks it to refuse. */

if (cluster.worker?.id === 2) {
  const { emit } = process;
  const planted = (event: string, ...args: unknown[]): unknown => {
    const [message] = args;
    if (event === "message" && typeof message === "object" && message !== null && "text" in message) {
      const { text } = message;
      if (typeof text === "object" && text !== null && "text" in text && String(text.text).includes("# the second refuses")) {
        message.text = { ...text, text: `${String(text.text)}unknown: 1\n` };
      }
    }
    return Reflect.apply(emit, process, [event, ...args]);
  };
  Object.assign(process, { emit: planted });
}
