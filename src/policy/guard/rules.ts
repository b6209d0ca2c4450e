/** What is looked for. `oversize` is about the request or answer as a whole. */
export type Rule = "control_characters" | "oversize" | "secrets" | "pii" | "forbidden";

/** What is done about it. */
export type Action = "off" | "flag" | "redact" | "refuse";

/** `mask`: the provider gets a stand-in, and the caller what it stands for. */
export type InputPiiAction = Action | "mask";

/** Kinds of personal data. */
export const piiKinds = ["email", "phone", "iban", "payment_card", "us_ssn", "ip_address"] as const;
export type PiiKind = (typeof piiKinds)[number];

/** The operator's rules. */
export interface GuardOptions {
  readonly input: {
    readonly controlCharacters: Action;
    readonly secrets: Action;
    readonly pii: InputPiiAction;
    readonly forbidden: Action;
    /** Most characters of all the texts of a request together; past it the call is refused. None = no bound. */
    readonly maxCharacters?: number | undefined;
  };
  readonly output: {
    readonly secrets: Action;
    readonly pii: Action;
    readonly forbidden: Action;
    /** Most characters of an answer; it is cut there. None = no bound. */
    readonly maxCharacters?: number | undefined;
  };
  readonly piiKinds: readonly PiiKind[];
  /** Texts that must not pass, in whatever case they are written. */
  readonly forbidden: readonly string[];
  /** The same, letter by letter as they stand. */
  readonly forbiddenExact: readonly string[];
  /** The gateway's own keys and credentials: secrets by their very text. */
  readonly ownSecrets: readonly string[];
}
