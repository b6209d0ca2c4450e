import type { GuardOptions } from "../rules.ts";

/** Rules of which none is on. */
export const nothing: GuardOptions = {
  input: { controlCharacters: "off", secrets: "off", pii: "off", forbidden: "off" },
  output: { secrets: "off", pii: "off", forbidden: "off" },
  piiKinds: ["email", "phone", "iban", "payment_card", "us_ssn", "ip_address"],
  forbidden: ["Project Nightingale", "nightshade", "ähnlich"],
  forbiddenExact: ["XK-42"],
  ownSecrets: ["pg-own-key-0123456789abcdef"],
};

const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJ0123456789";
// Put together, so that nobody takes this file for a leak.
const key = (prefix: string, length: number): string => prefix + letters.repeat(8).slice(26, 26 + length);

const jwt = [`eyJ${letters.slice(0, 20)}`, `eyJ${letters.slice(5, 33)}`, letters.slice(2, 40)].join(".");
const pem = (kind: string): string =>
  `-----BEGIN ${kind}PRIVATE KEY-----\n${letters.repeat(3)}\n${letters.repeat(2)}==\n-----END ${kind}PRIVATE KEY-----`;

/** One of everything that is to be found, by its kind. */
export const samples: readonly (readonly [kind: string, text: string])[] = [
  ["api_key", key("sk-", 48)],
  ["api_key", key("sk-ant-api03-", 60)],
  ["api_key", key("sk-proj-", 60)],
  ["api_key", key("AIza", 35)],
  ["api_key", key("gsk_", 52)],
  ["api_key", key("sk_live_", 24)],
  ["aws_key", ["AKIA", "IOSFODNN7EXAMPLE"].join("")],
  ["github_token", key("ghp_", 36)],
  ["github_token", key("github_pat_", 40)],
  ["slack_token", ["xoxb", "123456789012-abcdefABCDEF"].join("-")],
  ["jwt", jwt],
  ["private_key", pem("")],
  ["private_key", pem("RSA ")],
  ["own_secret", "pg-own-key-0123456789abcdef"],
  ["email", "jane.doe+news@mail.example.co.uk"],
  ["email", "x@y.io"],
  ["phone", "+49 151 23456789"],
  ["phone", "+14155552671"],
  ["phone", "(212) 555-1234"],
  ["phone", "212-555-1234"],
  ["phone", "01 23 45 67 89"],
  ["phone", "020 7946 0958"],
  ["iban", "DE89370400440532013000"],
  ["iban", "GB29 NWBK 6016 1331 9268 19"],
  ["payment_card", "4111111111111111"],
  ["payment_card", "5555 5555 5555 4444"],
  ["payment_card", "3782-822463-10005"],
  ["us_ssn", "536-90-4399"],
  ["ip_address", "192.168.17.4"],
  ["ip_address", "2001:db8::8a2e:370:7334"],
  ["forbidden", "project nightingale"],
  ["forbidden", "NIGHTSHADE"],
  ["forbidden", "XK-42"],
];

/** What looks alike and is none of them. */
export const innocent: readonly string[] = [
  "sk-learn-is-a-library-for-python-and-more-words",
  "the task-force-something-of-long-and-many-words",
  "AKIA is four letters, and so is ASIA",
  "eyJhbGciOi is how they begin",
  "-----BEGIN PRIVATE KEY----- is a header",
  "-----\n| a | b |\n-----",
  "me@localhost, @handle, a@b, user@ and @example.com",
  "4111111111111112 has a wrong sum",
  "0.4111111111111111 is a number between zero and one",
  "DE89370400440532013001 has wrong digits",
  "XX89370400440532013000 is of no country",
  "000-12-3456, 666-12-3456, 900-12-3456, 123-00-4567",
  "2024-01-02 12:30:45, 1 234 567.89, pages 100-200, 1.2.3.4.5",
  "std::vector<int>::iterator at 10:30",
  "version 1.2.3 of 300.1.1.1",
  "xk-42 in small letters",
  "night shade",
];
