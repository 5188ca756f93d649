// How values travel between Lite and Postgres, by type number (select oid, typname from pg_type).
const text = (value) => value;

/** Lite passes on Postgres's own form, `2026-11-20 04:19:21.47+00`; a hosted project answers ISO 8601. */
const iso = (value) => value.replace(/^(\d+-\d\d-\d\d) /, "$1T").replace(/([+-]\d\d)$/, "$1:00");

/**
 * Lite makes text of a number that would lose a digit in JavaScript (`1.00`); a hosted project answers a
 * number.
 */
const number = (value) => (/^-?\d/.test(value) ? JSON.rawJSON(value) : value);

/**
 * Lite has made JSON of arrays and objects by the time they come here; a second time would make strings of
 * them.
 */
const json = (value) => (typeof value === "string" ? value : JSON.stringify(value));

export const types = {
  json: { to: 114, from: [114], serialize: json, parse: JSON.parse },
  jsonb: { to: 3802, from: [3802], serialize: json, parse: JSON.parse },
  numeric: { to: 1700, from: [1700], serialize: String, parse: number },
  timestamp: { to: 1114, from: [1114], serialize: text, parse: iso },
  timestamptz: { to: 1184, from: [1184], serialize: text, parse: iso },
};
