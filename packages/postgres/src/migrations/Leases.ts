/**
 * Migration 6: leases on connections, as rows.
 *
 * A lease is held by whoever knows its token, until it expires by the clock of the database. Renewing it leaves its key as
 * it is; taking it over changes the token, which is a key, and so waits for every transaction that has looked at it.
 */

/** The statements, for a quoted schema name. */
export const leases = (s: string): ReadonlyArray<string> => [
  `create table ${s}.leases (
    connection_id text collate "C" constraint leases_pkey primary key,
    token text collate "C" not null constraint leases_token unique,
    holder text not null,
    taken_at timestamptz not null,
    expires_at timestamptz not null
  ) with (fillfactor = 50)`,

  // Somebody who holds it is not waited for: there is nothing to wait for before his lease expires.
  `create function ${s}.take_lease(connection text, new_token text, new_holder text, seconds numeric) returns boolean
language plpgsql set lock_timeout = '2s' as $$
begin
  if exists (select 1 from ${s}.leases where connection_id = connection and expires_at > clock_timestamp()) then
    return false;
  end if;
  insert into ${s}.leases as l (connection_id, token, holder, taken_at, expires_at)
  values (connection, new_token, new_holder, clock_timestamp(), clock_timestamp() + make_interval(secs => seconds::float8))
  on conflict (connection_id) do update set token = excluded.token, holder = excluded.holder,
    taken_at = excluded.taken_at, expires_at = excluded.expires_at
    where l.expires_at <= clock_timestamp();
  return found;
exception when lock_not_available then
  return false;
end $$`,

  `create function ${s}.renew_lease(connection text, held_token text, seconds numeric) returns boolean language plpgsql as $$
begin
  update ${s}.leases set expires_at = clock_timestamp() + make_interval(secs => seconds::float8)
  where connection_id = connection and token = held_token;
  return found;
end $$`,

  `create function ${s}.check_lease(connection text, held_token text) returns void language plpgsql as $$
begin
  perform 1 from ${s}.leases where connection_id = connection and token = held_token for key share;
  if not found then
    perform ${s}.refuse(jsonb_build_object('_tag', 'LeaseLost', 'detail', 'the lease of ' || connection
      || ' has expired and is not renewed any more'));
  end if;
end $$`
]
