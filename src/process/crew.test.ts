import assert from "node:assert/strict";
import { test } from "node:test";
import { FakeClock } from "../transport/testing/fake-clock.ts";
import { Crew } from "./crew.ts";
import type { Member } from "./crew-member.ts";
import type { ToWorker, WorkerReply } from "./messages.ts";

/* What a crew does with members that refuse, are silent, or do not end. */

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** What it does when it is asked: null = nothing at all. */
type Manner = (question: ToWorker) => WorkerReply | null;
const willing = (question: ToWorker): WorkerReply => (question.kind === "apply" ? { of: "apply" } : { of: "drain", cut: 0 });

class FakeMember implements Member {
  readonly pid: number;
  readonly ended: Promise<string>;
  readonly clock: FakeClock;
  readonly asked: string[] = [];
  calls = 0;
  silentBeats = 0;
  killed = 0;
  manner: Manner = willing;
  answersBeats = true;
  mortal = true;
  wake = (): void => {};
  #end: (how: string) => void = () => {};

  constructor(pid: number, clock: FakeClock) {
    this.pid = pid;
    this.clock = clock;
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
  }

  beat(): void {
    this.silentBeats = this.answersBeats ? 0 : this.silentBeats + 1;
  }

  ask(question: (id: number) => ToWorker, ms: number): Promise<WorkerReply> {
    const asked = question(1);
    this.asked.push(asked.kind === "apply" ? asked.text.text : asked.kind);
    const reply = this.manner(asked);
    if (asked.kind === "drain" && reply !== null) this.#end("exit code 0");
    if (reply !== null) return Promise.resolve(reply);
    return new Promise((resolve, reject) => {
      this.wake = () => resolve(willing(asked));
      this.clock.after(ms, () => reject(new Error("no answer in time")));
    });
  }

  tell(): boolean {
    return true;
  }

  kill(): void {
    this.killed++;
    if (this.mortal) this.#end("SIGKILL");
  }
}

function crewOf(count: number) {
  const clock = new FakeClock();
  const reasons: string[] = [];
  const crew = new Crew({
    clock,
    text: { text: "old" },
    onKill: ({ pid }, reason) => reasons.push(`${pid}: ${reason}`),
    onChange: () => {},
  });
  const join = (pid: number): FakeMember => {
    const member = new FakeMember(pid, clock);
    crew.add(member);
    void member.ended.then(() => crew.remove(member));
    return member;
  };
  const members = Array.from({ length: count }, (_, n) => join(n + 1));
  for (const member of members) crew.serves(member);
  const pass = async (ms: number): Promise<void> => {
    for (let left = ms; left > 0; left -= 500) {
      clock.advance(Math.min(left, 500));
      await settled();
    }
  };
  return { crew, members, reasons, join, pass };
}

const member = (members: readonly FakeMember[], n: number): FakeMember => members[n] ?? assert.fail("no such member");
const refusing: Manner = (question) =>
  question.kind === "apply" && question.text.text === "new" ? { of: "apply", problem: "no room" } : willing(question);

test("where one refuses, all go back to what was in force, and the reason names it", async () => {
  const { crew, members, reasons, pass } = crewOf(3);
  member(members, 1).manner = refusing;
  await assert.rejects(crew.apply({ text: "new" }), /^Error: worker 2 did not take it: no room$/);
  for (const { asked } of members) assert.deepEqual(asked, ["new", "old"]);
  assert.equal(crew.text.text, "old");
  assert.deepEqual(crew.view(), { serving: 3, silent: [], refused: [2] });
  await pass(20_000);
  assert.deepEqual(reasons, []);
  await crew.apply({ text: "newer" });
  assert.deepEqual(crew.view(), { serving: 3, silent: [], refused: [] });
});

test("one that says nothing is not waited for; it is in the view until it follows", async () => {
  const { crew, members, reasons, pass } = crewOf(3);
  const silent = member(members, 1);
  silent.manner = () => null;
  let taken = false;
  const applied = crew.apply({ text: "new" }).then(() => {
    taken = true;
  });
  await pass(1000);
  assert.equal(taken, false);
  await pass(500);
  assert.equal(taken, true);
  await applied;
  assert.deepEqual(crew.view(), { serving: 3, silent: [2], refused: [] });
  silent.wake();
  await settled();
  assert.deepEqual(crew.view(), { serving: 3, silent: [], refused: [] });
  await pass(20_000);
  assert.deepEqual(reasons, []);
});

test("one that does not follow is killed, it alone", async () => {
  const { crew, members, reasons, pass } = crewOf(3);
  member(members, 2).manner = () => null;
  const applied = crew.apply({ text: "new" });
  await pass(6000);
  await applied;
  assert.deepEqual(reasons, ["3: it does not follow the configuration: no answer"]);
  assert.deepEqual(
    members.map(({ killed }) => killed),
    [0, 0, 1],
  );
  assert.deepEqual(crew.view(), { serving: 2, silent: [], refused: [] });
});

test("one that is starting and refuses is killed at once: it may never serve by what is no longer in force", async () => {
  const starting = crewOf(0);
  const beginner = starting.join(9);
  beginner.manner = refusing;
  await starting.crew.apply({ text: "new" });
  await starting.pass(500);
  assert.deepEqual(starting.reasons, ["9: it does not follow the configuration: no room"]);
});

test("one that is starting is told, not waited for, and killed where it never serves", async () => {
  const { crew, members, reasons, join, pass } = crewOf(1);
  const beginner = join(9);
  beginner.manner = () => null;
  await crew.apply({ text: "new" });
  assert.deepEqual([member(members, 0).asked, beginner.asked], [["new"], ["new"]]);
  assert.deepEqual(crew.view(), { serving: 1, silent: [], refused: [] });
  await pass(30_000);
  assert.deepEqual(reasons, []);
  await pass(31_000);
  assert.match(reasons.join(), /^9: it did not serve within 60 s/);
});

test("ten beats in a row without an answer are the end; nine are not", async () => {
  const { crew, members, reasons, pass } = crewOf(2);
  crew.watch();
  const silent = member(members, 0);
  silent.answersBeats = false;
  await pass(9000);
  silent.answersBeats = true;
  await pass(9000);
  assert.deepEqual(reasons, []);
  silent.answersBeats = false;
  await pass(11_000);
  assert.deepEqual(reasons, ["1: it gave no sign of life for 10 s"]);
  assert.equal(crew.size, 1);
});

test("a drain kills those that gave no answer, and ends even where one cannot be killed", async () => {
  for (const mortal of [true, false]) {
    const { crew, members, reasons, pass } = crewOf(3);
    const hung = member(members, 2);
    Object.assign(hung, { manner: () => null, calls: 7, mortal });
    let cut: number | undefined;
    void crew.drain(2000, 0).then((count) => {
      cut = count;
    });
    await pass(5500);
    assert.equal(cut, undefined);
    await pass(4000);
    assert.equal(cut, 7);
    assert.deepEqual(reasons, ["3: it did not drain: no answer in time"]);
    assert.ok(hung.killed > 0);
  }
});

test("a drain counts a worker that hung as one call at least, and those that are starting as none", async () => {
  const { crew, members, join, pass } = crewOf(1);
  const beginner = join(9);
  member(members, 0).manner = () => null;
  const drained = crew.drain(0, 0);
  await pass(8000);
  assert.equal(await drained, 1);
  assert.equal(beginner.killed, 1);
});
