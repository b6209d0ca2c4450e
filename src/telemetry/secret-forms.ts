/** The spellings in which a text may have a secret, each once, the plain one first. */
export function formsOf(secret: string): readonly string[] {
  const encoded = encodeURIComponent(secret.toWellFormed());
  const forms = [
    secret,
    JSON.stringify(secret).slice(1, -1),
    encoded,
    encoded.replaceAll(/%[0-9A-F]{2}/g, (one) => one.toLowerCase()),
    ...[0, 1, 2].flatMap((before) => base64Of(secret, before)),
  ];
  return [...new Set(forms)];
}

/** As base64 has it where `before` bytes (modulo three) come first: the characters that do not depend on its neighbours. */
function base64Of(secret: string, before: number): readonly string[] {
  const bytes = Buffer.byteLength(secret);
  const text = Buffer.concat([Buffer.alloc(before), Buffer.from(secret)]).toString("base64");
  const own = text.slice(Math.ceil((before * 8) / 6), Math.floor(((before + bytes) * 8) / 6));
  return own.length < 9 ? [] : [own, own.replaceAll("+", "-").replaceAll("/", "_")];
}
