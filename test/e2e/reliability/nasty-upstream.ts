import { chunk, head, lastChunk, type RawRequest, sse } from "./raw-upstream.ts";
import { streamOf } from "./streams.ts";

/** Writes pieces for as long as the gateway takes them, and no faster. */
function flood(request: RawRequest, pieces: Iterator<Buffer | string>): void {
  const { socket } = request;
  const pump = (): void => {
    while (!socket.destroyed && !socket.writableNeedDrain) {
      const next = pieces.next();
      if (next.done === true) return;
      socket.write(next.value);
    }
  };
  socket.on("drain", pump);
  pump();
}

function* endless(start: string, piece: Buffer): Iterator<Buffer | string> {
  yield start;
  for (;;) yield piece;
}

/** A stream of many small events, each in an HTTP chunk of its own. */
function manyEvents({ path, socket }: RawRequest, event: string, count: number, closing: boolean): void {
  const stream = streamOf(path);
  const piece = chunk(event);
  const pieces = Buffer.alloc(piece.length * count, piece);
  const around = closing ? stream.frames.map(chunk) : [];
  const [before, after] = [around.slice(0, stream.preamble), around.slice(stream.preamble)];
  socket.end(Buffer.concat([Buffer.from(head(200, sse)), ...before, pieces, ...after, Buffer.from(lastChunk)]));
}

/** What a provider of raw bytes does wrong, by the first word of the model. */
export const nasties: { readonly [name: string]: (request: RawRequest) => void } = {
  "no-http": ({ socket }) => socket.end("220 mail.example.com ESMTP ready\r\n"),
  "two-lengths": ({ socket }) => socket.end("HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 30\r\n\r\n{}"),
  "bad-chunk": ({ socket }) => socket.end(`${head(200, sse)}-5\r\nhello\r\n`),
  upgrade: ({ socket }) => socket.end("HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n"),
  "endless-headers": (request) => flood(request, endless("HTTP/1.1 200 OK\r\n", Buffer.from(`x-more: ${"m".repeat(1000)}\r\n`))),
  "endless-comments": (request) => flood(request, endless(head(200, sse), chunk(": PROCESSING\n\n".repeat(2000)))),
  "endless-preamble": (request) => {
    const frame = streamOf(request.path).frames[0] ?? "";
    flood(request, endless(head(200, sse), chunk(frame.repeat(100))));
  },
  "endless-content": (request) => {
    const { frames, preamble } = streamOf(request.path);
    const content = frames[preamble] ?? "";
    const start = Buffer.concat([Buffer.from(head(200, sse)), ...frames.slice(0, preamble).map(chunk)]);
    flood(request, endless(start.toString("latin1"), chunk(content.replace("Hel", "Hel".repeat(1000)))));
  },
  "endless-error": (request) => flood(request, endless(head(500), chunk("e".repeat(16_384)))),
  "junk-events": (request) => manyEvents(request, "data: x\n\n", 5000, false),
  "one-byte-events": (request) => {
    const stream = streamOf(request.path);
    manyEvents(request, (stream.frames[stream.preamble] ?? "").replace("Hel", "a"), 30_000, true);
  },
  "one-byte-writes": (request) => {
    const { socket, path } = request;
    socket.write(head(200, sse));
    for (const byte of Buffer.from(streamOf(path).frames.join(""))) socket.write(chunk(Buffer.of(byte)));
    socket.end(lastChunk);
  },
};
