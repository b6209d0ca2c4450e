/* A network of one answer: the official SDKs read what we serve from memory. */

let answer: Response | undefined;

/** For the SDKs' clients, which are made once. */
export const answering = (): Promise<Response> =>
  answer ? Promise.resolve(answer) : Promise.reject(new Error("no answer was laid ready"));

/** What the next call is answered with. */
export function layReady(body: string, type: "application/json" | "text/event-stream"): void {
  answer = new Response(body, { status: 200, headers: { "content-type": type } });
}
