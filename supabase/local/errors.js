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

/**
 * Turn a Postgres error into one whose answer Lite takes as it is: `raise sqlstate 'PGRST'` with status and
 * body.
 */
export function mendError(error) {
  const { code, message, detail, hint } = error ?? {};
  if (error?.name !== "PostgresError" || RIGHT_ALREADY.test(code)) return error;
  const status = STATUS.find(([start]) => code.startsWith(start))?.[1] ?? 400;
  return {
    code: "PGRST",
    message: JSON.stringify({ code, message, details: detail ?? null, hint: hint ?? null }),
    detail: JSON.stringify({ status, headers: {} }),
  };
}
