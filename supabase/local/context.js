// What a statement is run as. On a hosted project PostgREST and Storage connect as roles that can do nothing but
// become one of the API's roles, and Auth as one that reaches its own tables only. So it is here; see the end of
// platform.sql for the roles.
import { CompiledQuery } from "kysely";

/**
 * Let an app's connection become the role of each request with that role's settings (`alter role … set
 * statement_timeout`), and give an RPC the time that its function says (`create function … set statement_timeout`),
 * as PostgREST does: Postgres itself reads the one only at sign-in, the other when the statement's time already runs.
 * One statement where Lite sends six.
 */
export function mendContext(connection, roleSettings) {
  connection.applyJwtSessionContext = (transaction, { auth, storage }) => {
    const role = auth?.role || "anon";
    return set(transaction, {
      role,
      "request.jwt.claim.sub": String(auth?.uid ?? ""),
      "request.jwt.claim.role": role,
      "request.jwt.claims": auth?.jwt && typeof auth.jwt === "object" ? JSON.stringify(auth.jwt) : "",
      "storage.operation": String(storage?.operation ?? ""),
      ...roleSettings.of(role),
    });
  };
  connection.applyRpcRequestGucs = (transaction, { method, path, requestHeaders = {} }) =>
    set(transaction, {
      "response.status": "",
      "response.headers": "",
      "request.method": method,
      "request.path": path,
      "request.headers": JSON.stringify(requestHeaders),
      ...roleSettings.ofFunction(path.split("/").pop()),
    });
}

function set(transaction, settings) {
  const all = "select set_config(name, value, true) from json_each_text($1::json) as setting (name, value)";
  return transaction.executeQuery(CompiledQuery.raw(all, [JSON.stringify(settings)]));
}

/** The settings of the API's roles, and the time that functions of theirs say they need, as the database has them. */
export class RoleSettings {
  #known = new Map();
  #times = new Map();

  of(role) {
    return this.#known.get(role);
  }

  ofFunction(name) {
    return this.#times.get(name);
  }

  /** Read them again: at start, and whenever the schema is read again. */
  async read(sql) {
    const rows = await sql`
      select rolname as role, split_part(setting, '=', 1) as name,
        substring(setting from position('=' in setting) + 1) as value
      from pg_roles cross join unnest(rolconfig) as setting`;
    const times = await sql`
      select proname as function, split_part(setting, '=', 2) as most
      from pg_proc cross join unnest(proconfig) as setting
      where pronamespace = 'public'::regnamespace and setting like 'statement_timeout=%'`;
    this.#times = new Map(times.map(({ function: name, most }) => [name, { statement_timeout: most }]));
    const known = Map.groupBy(rows, ({ role }) => role);
    this.#known = new Map(
      [...known].map(([role, settings]) => [
        role,
        Object.fromEntries(settings.map(({ name, value }) => [name, value])),
      ]),
    );
  }
}
