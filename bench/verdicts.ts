/** Counts what passed and what failed, and says each as it is known. */
export class Verdicts {
  passed = 0;
  failed = 0;

  say(right: boolean, what: string): void {
    if (right) this.passed++;
    else this.failed++;
    console.log(`  ${right ? "pass" : "FAIL"}  ${what}`);
  }
}
