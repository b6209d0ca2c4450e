import { isObject, type JsonObject } from "../../canonical/json.ts";
import type { Part } from "../../canonical/parts.ts";
import { Misuse } from "../failure.ts";
import type { Ports } from "../ports.ts";
import { jsonText } from "../terminal/json.ts";
import { paintFor } from "../terminal/paint.ts";
import { Progress } from "../terminal/progress.ts";
import { oneLine, SafeText } from "../terminal/text.ts";
import { attached, attachment, fileBytes } from "./attachment.ts";
import { type Answer, type Backend, NoAnswer } from "./backend.ts";
import { parsed } from "./events.ts";
import { footer, unfinished } from "./footer.ts";
import { type BackendFlags, chooseModel, openBackend } from "./open.ts";
import { toldOf } from "./told.ts";

export interface AskFlags extends BackendFlags {
  readonly model?: string | undefined;
  readonly system?: string | undefined;
  readonly schema?: string | undefined;
  readonly image?: readonly string[] | undefined;
  readonly file?: readonly string[] | undefined;
  readonly maxTokens?: number | undefined;
  readonly temperature?: number | undefined;
  readonly strict: boolean;
  readonly stream: boolean;
  readonly stdin: boolean;
  readonly quiet: boolean;
  readonly json: boolean;
}

/** Standard input that nobody closes is said to be waited for. */
const inputPatienceMs = 3000;

/** `polygate ask`: one question, its answer on stdout. Resolves to the exit code: 130 where it was called off. */
export async function askCommand(words: readonly string[], flags: AskFlags, ports: Ports): Promise<number> {
  const content = await contentOf(words, flags, ports);
  const schema = flags.schema === undefined ? undefined : schemaOf(flags.schema, ports);
  const backend = await openBackend(flags, ports);
  try {
    return await answered(backend, content, schema, flags, ports);
  } catch (thrown) {
    if (!(thrown instanceof NoAnswer)) throw thrown;
    for (const line of toldOf(thrown, backend, ports)) ports.err(line);
    return thrown.cancelled ? 130 : 1;
  } finally {
    await backend.close();
  }
}

async function answered(
  backend: Backend,
  content: readonly Part[],
  schema: JsonObject | undefined,
  flags: AskFlags,
  ports: Ports,
): Promise<number> {
  const model = await chooseModel(flags.model, backend, ports);
  const { maxTokens, temperature, strict, system } = flags;
  // Nobody can use half a document, and only whole ones are mended where their JSON is broken.
  const stream = flags.stream && !flags.json && schema === undefined;
  const progress = new Progress(ports);
  const printer = new Printer(ports, progress);
  const calledOff = new AbortController();
  const forgets = [ports.onStop(() => calledOff.abort()), ports.onOutputLost(() => calledOff.abort())];
  progress.show(`asking ${oneLine(model)} …`);
  let answer: Answer;
  try {
    const messages = [
      ...(system === undefined ? [] : [{ role: "system", content: [{ type: "text", text: system }] } as const]),
      { role: "user", content } as const,
    ];
    const question = { model, messages, schema, strict, maxTokens, temperature, stream };
    answer = await backend.ask(question, calledOff.signal, ({ kind, text }) => {
      if (kind === "text" && stream) printer.print(text);
    });
  } finally {
    for (const forget of forgets) forget();
    progress.clear();
    printer.endLine();
  }
  if (flags.json) ports.out(jsonText(facts(answer)));
  else if (!stream) {
    printer.print(answer.text);
    printer.endLine();
  }
  return report(answer, flags, ports);
}

/** The model's words on their way out: to a terminal without what would steer it, to a pipe as they are. */
class Printer {
  readonly #ports: Ports;
  readonly #progress: Progress;
  readonly #safe = new SafeText();
  #open = false;

  constructor(ports: Ports, progress: Progress) {
    this.#ports = ports;
    this.#progress = progress;
  }

  print(text: string): void {
    const shown = this.#ports.terminal.out ? this.#safe.push(text) : text;
    if (shown === "") return;
    this.#progress.clear();
    this.#ports.write(shown, "out");
    this.#open = !shown.endsWith("\n");
  }

  endLine(): void {
    if (this.#open) this.#ports.write("\n", "out");
    this.#open = false;
  }
}

const facts = ({ message: _, ...answer }: Answer): object => answer;

/** Says on stderr what else there is to say of an answer. Gives the exit code. */
function report(answer: Answer, { quiet, schema }: AskFlags, ports: Ports): number {
  const paint = paintFor(ports, "err");
  for (const warning of answer.warnings) ports.err(paint("yellow", `warning: ${oneLine(warning, 400)}`));
  const cut = unfinished(answer.finish);
  if (cut !== undefined) ports.err(paint("yellow", `warning: ${cut}`));
  if (!quiet) ports.err(paint("dim", footer(answer)));
  const broken = schema !== undefined && answer.warnings.some((warning) => /^(?:schema_violation|not_json)\b/.test(warning));
  return broken || (cut !== undefined && answer.finish !== "length") ? 1 : 0;
}

async function contentOf(words: readonly string[], flags: AskFlags, ports: Ports): Promise<readonly Part[]> {
  const question = words.join(" ");
  const files = [
    ...(flags.image ?? []).map((place) => attached(place, ports.files, "image")),
    ...(flags.file ?? []).map((place) => attached(place, ports.files)),
  ];
  const bytes = flags.stdin && ports.terminal.input === "data" ? await input(ports) : new Uint8Array();
  const piped = bytes.length === 0 ? [] : [attachment(bytes, "Standard input")];
  const asked: readonly Part[] = question.trim() === "" ? [] : [{ type: "text", text: question }];
  const content = [...asked, ...files, ...piped];
  if (content.length === 0)
    throw new Misuse(
      'Nothing was asked. Write the question after the command, polygate ask "Why is the sky blue?", or pipe it in.',
    );
  return content;
}

async function input(ports: Ports): Promise<Uint8Array> {
  const done = new AbortController();
  const waited = ports.sleep(inputPatienceMs, done.signal).then(() => {
    if (!done.signal.aborted) ports.err("polygate: waiting for standard input to end; --no-stdin leaves it alone.");
  });
  try {
    return await ports.stdin();
  } finally {
    done.abort();
    await waited;
  }
}

function schemaOf(path: string, { files }: Ports): JsonObject {
  const schema = parsed(new TextDecoder().decode(fileBytes(path, files)));
  if (isObject(schema)) return schema;
  throw new Misuse(`${path} holds no JSON Schema: it has to be one JSON object.`);
}
