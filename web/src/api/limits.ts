/** How long an answer is waited for, in ms: what hangs is given up, and the reader is told. */
export const limits = {
  /** Of the database and of Auth, until the last byte. */
  answer: 20_000,
  /** Of a function, which may ask ЮKassa or look into a file. */
  function: 60_000,
  /** Of a function that looks through a film. */
  film: 240_000,
  /** Of a file on its way, between one piece and the next; then for what is said to it. */
  piece: 60_000,
};

// The libraries between hand on the message of an error, and nothing else of it.
const phrase = "No answer within";

export const tooLate = (limit: number) => new DOMException(`${phrase} ${limit} ms`, "TimeoutError");

export const isTooLate = (message: string) => message.includes(phrase);

/** fetch with an end. */
export function limitedFetch(
  input: RequestInfo | URL,
  init: RequestInit = {},
  limit = limits.answer,
): Promise<Response> {
  const end = new AbortController();
  // Once all has come, this does nothing.
  setTimeout(() => end.abort(tooLate(limit)), limit);
  const signal = init.signal ? AbortSignal.any([init.signal, end.signal]) : end.signal;
  return fetch(input, { ...init, signal });
}

/** For what may take long, as long as it moves: `moved` starts the time anew. */
export function whileMoving(limit: number, stop: (why: DOMException) => void) {
  let timer: ReturnType<typeof setTimeout>;
  const moved = () => {
    clearTimeout(timer);
    timer = setTimeout(() => stop(tooLate(limit)), limit);
  };
  moved();
  return { moved, done: () => clearTimeout(timer) };
}
