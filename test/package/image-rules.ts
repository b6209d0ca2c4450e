import { existsSync } from "node:fs";
import { join } from "node:path";
import { type Dockerfile, execForm, inherited } from "./dockerfile.ts";
import { root } from "./installed.ts";

/** Gives what breaks the rule, by its line. */
export type Rule = (file: Dockerfile) => readonly string[];

/** The stages that are shipped. */
export const tiers = ["basic", "extended", "full"] as const;

const every = (file: Dockerfile) => file.stages.flatMap(({ instructions }) => instructions);
const last = (file: Dockerfile, stage: string, word: string) => inherited(file, stage).findLast((one) => one.word === word);
const inTiers = (fault: (stage: string) => string | undefined): string[] =>
  tiers.flatMap((stage) => {
    const found = fault(stage);
    return found === undefined ? [] : [`${stage}: ${found}`];
  });

const secretName = /(?:KEY|TOKEN|SECRET|PASSWORD|CREDENTIAL)/i;

export const imageRules: { readonly [rule: string]: Rule } = {
  "the three tiers are there, and basic is what is built without a target": (file) => [
    ...tiers.filter((tier) => !file.stages.some(({ name }) => name === tier)),
    ...(file.stages.at(-1)?.name === "basic" ? [] : ["the last stage is not basic"]),
  ],
  "it runs as a user by number who is not root": (file) =>
    inTiers((stage) => {
      const user = last(file, stage, "USER")?.rest ?? "root";
      return /^[1-9]\d*:[1-9]\d*$/.test(user) ? undefined : `USER ${user}`;
    }),
  "nothing is run as root behind the USER line": (file) =>
    inTiers((stage) => {
      const all = inherited(file, stage);
      const late = all.slice(all.findIndex(({ word }) => word === "USER")).find(({ word }) => word === "RUN");
      return late && `RUN in line ${late.line}`;
    }),
  "bases are pinned by a full version, none is latest": (file) =>
    file.stages
      .filter(
        ({ from }) =>
          !file.stages.some(({ name }) => name === from) &&
          !/^[\w./-]+:\d+\.\d+\.\d+[\w.-]*(?:@sha256:[0-9a-f]{64})?$/.test(from),
      )
      .map(({ from }) => from),
  "nothing is fetched by ADD or by a shell": (file) =>
    every(file)
      .filter(({ word, rest }) => word === "ADD" || (word === "RUN" && /\b(?:curl|wget|git clone)\b|https?:/.test(rest)))
      .map(({ line }) => `line ${line}`),
  "no secret is in ENV, ARG or LABEL": (file) => [
    ...every(file)
      .filter(
        ({ word, rest }) =>
          ["ENV", "ARG", "LABEL"].includes(word) &&
          rest.split(/\s+/).some((pair) => secretName.test(pair.split("=", 1)[0] ?? "")),
      )
      .map(({ line }) => `line ${line}`),
    ...[...file.args.keys()].filter((name) => secretName.test(name)),
  ],
  "packages are installed from the lock, without install scripts": (file) =>
    every(file)
      .filter(
        ({ word, rest }) => word === "RUN" && /\bnpm (?:ci|i|install)\b/.test(rest) && !/^npm ci .*--ignore-scripts$/.test(rest),
      )
      .map(({ line }) => `line ${line}`),
  "no package manager leaves its lists behind": (file) =>
    every(file)
      .filter(
        ({ word, rest }) =>
          word === "RUN" && /\b(?:apt-get|apk|yum|dnf)\b/.test(rest) && !/rm -rf \/var\/lib\/apt\/lists|--no-cache/.test(rest),
      )
      .map(({ line }) => `line ${line}`),
  "ENTRYPOINT, CMD and HEALTHCHECK are in their exec form, so that the program is process 1": (file) =>
    inTiers((stage) =>
      ["ENTRYPOINT", "CMD", "HEALTHCHECK"].find((word) => execForm(last(file, stage, word)?.rest ?? "") === undefined),
    ),
  "the data has a volume, made for the user": (file) =>
    inTiers((stage) => {
      const volume = last(file, stage, "VOLUME")?.rest ?? "";
      const user = (last(file, stage, "USER")?.rest ?? "").replace(":", " -g ");
      const made = inherited(file, stage).some(
        ({ word, rest }) => word === "RUN" && rest === `install -d -o ${user} -m 0700 ${volume}`,
      );
      return made ? undefined : `VOLUME ${volume}`;
    }),
  "what is copied from the checkout is there": (file) =>
    every(file)
      .filter(({ word, rest }) => word === "COPY" && !rest.startsWith("--from="))
      .flatMap(({ rest }) => rest.split(/\s+/).slice(0, -1))
      .filter((path) => !existsSync(join(root, path))),
  "what is copied from another stage stands before it": (file) =>
    file.stages.flatMap(({ instructions }, index) =>
      instructions.flatMap(({ word, rest, line }) => {
        const from = word === "COPY" ? /^--from=(\S+)/.exec(rest)?.[1] : undefined;
        return from === undefined || file.stages.slice(0, index).some(({ name }) => name === from)
          ? []
          : [`line ${line}: ${from}`];
      }),
    ),
};

/** What each rule must see, as changes to the real file: `[what stands there, what stands there instead]`. */
export const planted: { readonly [rule in string]: readonly (readonly [string | RegExp, string])[] } = {
  "the three tiers are there, and basic is what is built without a target": [
    ["AS extended", "AS enlarged"],
    ["AS basic", "AS base"],
  ],
  "it runs as a user by number who is not root": [
    ["USER 65532:65532", "USER root"],
    ["USER 65532:65532", "USER node"],
    ["USER 65532:65532", "USER 0:0"],
  ],
  "nothing is run as root behind the USER line": [["STOPSIGNAL SIGTERM", "RUN node --version"]],
  "bases are pinned by a full version, none is latest": [
    ["node:24.21.0-trixie-slim\n", "node:latest\n"],
    ["node:24.21.0-trixie-slim\n", "node:24\n"],
  ],
  "nothing is fetched by ADD or by a shell": [
    ["COPY src/ src/", "ADD https://example.com/src.tgz src/"],
    ["RUN npm run build", "RUN curl -O x"],
  ],
  "no secret is in ENV, ARG or LABEL": [
    ["ENV NODE_ENV=production", "ENV POLYGATE_KEY=abc NODE_ENV=production"],
    ["ARG NODE_IMAGE", "ARG NPM_TOKEN=x\nARG NODE_IMAGE"],
  ],
  "packages are installed from the lock, without install scripts": [
    ["npm ci --omit=dev --ignore-scripts", "npm ci --omit=dev"],
    ["npm ci --omit=dev --ignore-scripts", "npm install"],
  ],
  "no package manager leaves its lists behind": [["RUN npm run build", "RUN apt-get update && apt-get install -y jq"]],
  "ENTRYPOINT, CMD and HEALTHCHECK are in their exec form, so that the program is process 1": [
    ['ENTRYPOINT ["node", "bin/polygate.js"]', "ENTRYPOINT node bin/polygate.js"],
    ['CMD ["serve"]', "CMD serve"],
    [/HEALTHCHECK[^\]]*\]/, "WORKDIR /app"],
  ],
  "the data has a volume, made for the user": [
    ["VOLUME /data", "VOLUME /other"],
    ["-o 65532", "-o 0"],
  ],
  "what is copied from the checkout is there": [["COPY src/ src/", "COPY sources/ src/"]],
  "what is copied from another stage stands before it": [["--from=build", "--from=later"]],
};
