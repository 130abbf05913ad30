/** What cannot be read as a document, or what the origin refused, with the reason. */
import type { DocumentName } from "../../shared/hub/peer-hub.ts";
import type { LocalHub, LocalQuarantine } from "../../shared/replica/local-hub.ts";
import type { Sql } from "./sql.ts";

export function createQuarantine(sql: Sql, at: () => string): Pick<LocalHub, "quarantine" | "setQuarantine"> {
  function setQuarantine(name: DocumentName, problem: LocalQuarantine | null): void {
    const { collection, path } = name;
    if (!problem) {
      sql.run("delete from quarantine where collection = ? and path = ?", collection, path);
      return;
    }
    const { store, version, code, message, line, hint } = problem;
    sql.run(
      `insert or replace into quarantine (collection, path, store, version, code, message, line, hint, at)
       values (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      collection,
      path,
      store,
      version,
      code,
      message,
      line,
      hint,
      at(),
    );
  }

  return {
    quarantine: () =>
      sql.all("select * from quarantine order by collection, path") as unknown as ReturnType<
        LocalHub["quarantine"]
      >,
    setQuarantine,
  };
}
