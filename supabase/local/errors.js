// Lite knows the HTTP status of some SQLSTATEs and answers all others 500, without their code. This is
// PostgREST's whole list (https://docs.postgrest.org/en/v14/references/errors.html#status-codes); the first
// match counts.
// prettier-ignore
const STATUS = [
  ["08", 503], ["09", 500], ["0L", 403], ["0P", 403], ["23503", 409], ["23505", 409], ["25006", 405],
  ["25", 500], ["28", 403], ["2D", 500], ["38", 500], ["39", 500], ["3B", 500], ["40", 500], ["53400", 500],
  ["53", 503], ["54", 500], ["55", 500], ["57", 500], ["58", 500], ["F0", 500], ["HV", 500],
  ["P0001", 400], ["P0", 500], ["XX", 500],
];

/**
 * What Lite answers as hosted PostgREST does, by itself (but for the hint of 23503 and 23505, which storage
 * asks for too).
 */
const RIGHT_ALREADY = /^(PT|PGRST|42|22|21|23502|23503|23505|25006)/;

/** Turn an error of the database into one whose answer is PostgREST's. */
export function mendError(error) {
  const { code, message, detail, hint } = error ?? {};
  // A number where a moment belongs, an object where a list does: it never comes as far as Postgres.
  if (code === "ERR_INVALID_ARG_TYPE") return answer(400, "22P02", "a value is not written as its type");
  if (error?.name !== "PostgresError" || RIGHT_ALREADY.test(code)) return error;
  const status = STATUS.find(([start]) => code.startsWith(start))?.[1] ?? 400;
  return answer(status, code, message, detail, hint);
}

/** An error that Lite answers as it is: `raise sqlstate 'PGRST'` with status and body. */
function answer(status, code, message, details = null, hint = null) {
  return {
    code: "PGRST",
    message: JSON.stringify({ code, message, details, hint }),
    detail: JSON.stringify({ status, headers: {} }),
  };
}
