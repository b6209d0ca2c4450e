/* What the command line asks of the machine that it runs on. */

/** What is at the other end of the standard streams. */
export interface Terminal {
  readonly in: boolean;
  readonly out: boolean;
  readonly err: boolean;
  /** Width of the terminal that output goes to. */
  readonly columns: number;
  /** What standard input is where it is no terminal; "nothing" for /dev/null and closed. */
  readonly input: "terminal" | "data" | "nothing";
}

/** The file system, as far as commands besides `serve` look at it. */
export interface Files {
  /** Undefined where there is no such file. */
  bytes(path: string): Uint8Array | undefined;
  /** Makes the directories above it. `mode` as chmod takes it. Throws the system's error. */
  write(path: string, text: string, mode: number): void;
  stat(path: string): FileFacts | undefined;
  /** Whether this user may write to what is there. */
  writable(path: string): boolean;
  /** Bytes that this user may still write on the disk that holds `path`; undefined where it cannot be told. */
  freeBytes(path: string): number | undefined;
}

export interface FileFacts {
  readonly kind: "file" | "directory" | "other";
  /** Permission bits alone. */
  readonly mode: number;
  /** Whether the user who runs this owns it. */
  readonly own: boolean;
}

export interface HttpRequest {
  readonly url: string;
  readonly method: "GET" | "POST";
  readonly headers: { readonly [name: string]: string };
  readonly body?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface HttpReply {
  readonly status: number;
  /** In lower case. */
  header(name: string): string | undefined;
  readonly body: AsyncIterable<Uint8Array>;
}

export interface LineOptions {
  /** What a half-written line may become. */
  readonly complete: (line: string) => readonly string[];
  /** Told of Ctrl-C. */
  readonly onInterrupt: () => void;
}

export interface LineReader {
  /** The next line; undefined once there is none (Ctrl-D). The prompt shows on a terminal only. */
  next(prompt: string): Promise<string | undefined>;
  /** Throws away what stands on the line being written. */
  clearLine(): void;
  close(): void;
}
