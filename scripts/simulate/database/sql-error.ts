/** A refusal as Postgres makes it. Anything else that is thrown in here is a defect of the simulated database. */
export class SqlError extends Error {
  override readonly name = "SqlError";
  /** SQLSTATE. */
  readonly code: string;
  readonly constraint: string | undefined;
  readonly column: string | undefined;

  constructor(code: string, message: string, where: { constraint?: string; column?: string } = {}) {
    super(message);
    this.code = code;
    this.constraint = where.constraint;
    this.column = where.column;
  }
}
