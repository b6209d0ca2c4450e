import { openSqlite } from "../../storage/sqlite.ts";

/* A process that holds the database's write lock from when it says "locked" until its standard input is closed. */
const [file = ""] = process.argv.slice(2);
const db = openSqlite(file);
db.exec("BEGIN IMMEDIATE");
process.stdout.write("locked\n");
process.stdin.resume();
process.stdin.once("end", () => {
  db.exec("ROLLBACK");
  db.close();
});
