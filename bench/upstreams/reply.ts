/** What the upstreams answer, whatever is asked, and what a call through any gateway must therefore contain. */
export const replyText =
  "Hello! How can I assist you today? Here is a somewhat longer reply so that the body is realistic in size and has a few hundred characters of text to carry through the gateway.";

export const streamWords = 200;

export const streamText = Array.from({ length: streamWords }, (_, i) => ` word${i}`).join("");
