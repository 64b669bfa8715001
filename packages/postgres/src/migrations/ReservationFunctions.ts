/**
 * Part of migration 2: reservations.
 *
 * The guard stands in the statement that books. The lines of requests come as array literals: a request is one row of
 * demand, however many lines it has.
 */
import { byIndex, touchesPerFold } from "./StockFunctions.ts"

/** The statements, for a quoted schema name. */
export const reservationFunctions = (s: string): ReadonlyArray<string> => [reserve(s), reserveLines(s)]

/** What may be reserved of a position `p`, as in the port. */
export const reservable =
  "(p.on_hand - p.sales_orders - p.sales_receipts - p.pick_tickets - p.reservations - p.soft_holds - p.stock_holds)"

/**
 * Answers reservation requests in their order, as if one came after the other: the lines of a request come as four array
 * literals, at its own place in `line_ids`, `items`, `places` and `quantities`. A key that was answered before keeps its
 * answer. A request with a fault of its own (an unknown item) gets the error as its answer, which is not kept, and does
 * not spoil the others. Null says that all of them are granted. `glance` says whether to try first if all of them fit.
 */
const reserve = (s: string) => `
create function ${s}.reserve(keys text[], expiries timestamptz[], actors text[], reasons text[], line_ids text[],
  items text[], places text[], quantities text[], now timestamptz, glance boolean)
returns jsonb[] language plpgsql ${byIndex} as $$
#variable_conflict use_column
declare
  answers jsonb[] := array_fill(null::jsonb, array[array_length(keys, 1)]);
  waiting int[];
  granted int[] := '{}';
  kept int[] := '{}';
  given jsonb;
  r int;
  written int;
  wanted int;
  taken int;
  note bigint;
begin
  -- The usual case first: new keys, and enough for all of them. One statement guards and writes; when it finds a line
  -- short, nothing of it stays. What has expired is looked at below only, under the lock.
  if glance
    and not exists (select 1 from unnest(keys) u (k) join ${s}.demand d on d.source = 'reservation:' || u.k)
  then
    begin
      with want as (
        select u.i collate "C" as i, u.l collate "C" as l, sum(u.q) as q
        from unnest(items, places, quantities) g (i, l, q)
        cross join unnest(g.i::text[], g.l::text[], g.q::numeric[]) u (i, l, q)
        group by 1, 2 order by 1, 2
      ), booked as (
        update ${s}.positions p set reservations = p.reservations + w.q from want w
        where p.item_id = w.i and p.location_id = w.l and p.stocked and ${reservable} >= w.q
        returning p.item_id
      ), kept as (
        insert into ${s}.demand (source, kind, line_ids, item_ids, location_ids, quantities, expires_at, requested_at,
          updated_at)
        select 'reservation:' || k, 'reservation', n::text[], i::text[], l::text[], q::numeric[], e, now, now
        from unnest(keys, expiries, line_ids, items, places, quantities) u (k, e, n, i, l, q) order by k collate "C"
      ), logged as (
        insert into ${s}.events (kind, subject, actor, reason, at)
        select 'reserved', 'reservation:' || k, a, b, now from unnest(keys, actors, reasons) u (k, a, b)
      ), noted as (
        insert into ${s}.touched (item_ids) select array_agg(item_id) from booked having count(*) > 0 returning sequence
      )
      select (select count(*) from want), (select count(*) from booked), (select sequence from noted)
      into wanted, taken, note;
      if taken < wanted then
        raise exception 'short' using errcode = 'SP003';
      end if;
      if note % ${touchesPerFold} = 0 then perform ${s}.fold_touched(false); end if;
      return null;
    exception when sqlstate 'SP003' or unique_violation then
      null;
    end;
  end if;
  perform 1 from ${s}.positions p
  join (select distinct u.i collate "C" as i, u.l collate "C" as l
    from unnest(items, places) g (i, l) cross join unnest(g.i::text[], g.l::text[]) u (i, l)) w
    on p.item_id = w.i and p.location_id = w.l
  order by p.item_id, p.location_id for no key update of p;
  -- Whoever has the same key and the same lines has waited above for the first one's answer.
  for r, given in
    select u.n::int, case
      when d.requested_at is null then jsonb_build_object('_tag', 'Taken', 'field', 'key', 'value', u.k, 'by', d.source)
      else coalesce(d.refusal, jsonb_build_object('_tag', 'Reserved', 'source', d.source)) end
    from unnest(keys) with ordinality u (k, n) join ${s}.demand d on d.source = 'reservation:' || u.k
  loop
    answers[r] := given;
  end loop;
  waiting := array(select g from generate_series(1, array_length(keys, 1)) g where answers[g] is null order by g);
  foreach r in array waiting loop
    given := ${s}.fault_of(items[r]::text[], places[r]::text[]);
    if given is null then
      kept := kept || r;
      -- With what has expired given back there may be enough after all.
      select jsonb_agg(jsonb_build_object('itemId', w.i, 'locationId', w.l, 'requested', w.q::text,
          'available', a.available::text) order by w.i collate "C", w.l collate "C") filter (where w.q > a.available)
      into given
      from (select i, l, sum(q) as q from unnest(items[r]::text[], places[r]::text[], quantities[r]::numeric[]) u (i, l, q)
            group by i, l) w
      cross join lateral (select coalesce((
        select ${reservable} + ${expiredOf(s, "p.item_id", "p.location_id")}
        from ${s}.positions p where p.item_id = w.i and p.location_id = w.l), 0) as available) a;
      if given is not null then
        given := jsonb_build_object('_tag', 'Refused', 'shortages', given);
      else
        granted := granted || r;
        update ${s}.positions p set reservations = p.reservations + w.q
        from (select i, l, sum(q) as q from unnest(items[r]::text[], places[r]::text[], quantities[r]::numeric[]) u (i, l, q)
              group by i, l) w
        where p.item_id = w.i and p.location_id = w.l;
        perform ${s}.touch(items[r]::text[]);
      end if;
    end if;
    answers[r] := given;
  end loop;
  with written as (
    insert into ${s}.demand (source, kind, line_ids, item_ids, location_ids, quantities, expires_at, requested_at, refusal,
      updated_at)
    select 'reservation:' || keys[g], 'reservation', (case when fits then line_ids[g] else '{}' end)::text[],
      (case when fits then items[g] else '{}' end)::text[], (case when fits then places[g] else '{}' end)::text[],
      (case when fits then quantities[g] else '{}' end)::numeric[], case when fits then expiries[g] end, now, answers[g], now
    from unnest(kept) k (g) cross join lateral (select k.g = any(granted) as fits) f order by keys[g] collate "C"
    on conflict do nothing returning 1)
  select count(*) into written from written;
  if written < cardinality(kept) then
    raise exception 'answered elsewhere meanwhile' using errcode = 'SP002';
  end if;
  insert into ${s}.events (kind, subject, actor, reason, at)
  select 'reserved', 'reservation:' || keys[g], actors[g], reasons[g], now from unnest(granted) u (g);
  return array(select coalesce(answers[g], jsonb_build_object('_tag', 'Reserved', 'source', 'reservation:' || keys[g]))
    from generate_series(1, array_length(keys, 1)) g order by g);
end $$`

/**
 * Answers requests of one line each, as many as can be answered at a glance, and says which: those whose key is new, of
 * positions that have enough for all of them together. The others are for {@link reserve}.
 */
const reserveLines = (s: string) => `
create function ${s}.reserve_lines(sources text[], expiries timestamptz[], actors text[], reasons text[],
  line_ids text[], items text[], places text[], quantities numeric[], now timestamptz)
returns int[] language plpgsql ${byIndex} as $$
#variable_conflict use_column
declare
  granted int[];
  note bigint;
begin
  with asked as materialized (
    select u.n::int as n, u.source, u.expires_at, u.actor, u.reason, u.line_id, u.i collate "C" as i,
      u.l collate "C" as l, u.q
    from unnest(sources, expiries, actors, reasons, line_ids, items, places, quantities) with ordinality
      u (source, expires_at, actor, reason, line_id, i, l, q, n)
    where not exists (select 1 from ${s}.demand d where d.source = u.source)
  ), want as (
    select i, l, sum(q) as q from asked group by i, l order by i, l
  ), booked as (
    update ${s}.positions p set reservations = p.reservations + w.q from want w
    where p.item_id = w.i and p.location_id = w.l and p.stocked and ${reservable} >= w.q
    returning p.item_id, p.location_id
  ), fitting as materialized (
    -- Those of positions that were not booked are left out. That is looked up in a hash, where a join would not be.
    select * from asked where (i, l) not in (select i, l from want except select item_id, location_id from booked)
    order by source collate "C"
  ), kept as (
    insert into ${s}.demand (source, kind, line_ids, item_ids, location_ids, quantities, expires_at, requested_at,
      updated_at)
    select source, 'reservation', array[line_id], array[i], array[l], array[q], expires_at, now, now from fitting
  ), logged as (
    insert into ${s}.events (kind, subject, actor, reason, at)
    select 'reserved', source, actor, reason, now from fitting
  ), noted as (
    insert into ${s}.touched (item_ids) select array_agg(item_id) from booked having count(*) > 0 returning sequence
  )
  select (select array_agg(n) from fitting), (select sequence from noted) into granted, note;
  if note % ${touchesPerFold} = 0 then perform ${s}.fold_touched(false); end if;
  return granted;
end $$`

const expiredOf = (s: string, item: string, place: string) => `coalesce((
  select sum(u.q) from ${s}.demand d cross join unnest(d.item_ids, d.location_ids, d.quantities) u (i, l, q)
  where d.item_ids @> array[${item}] and d.expires_at <= now and d.kind <> 'incoming'
    and u.i = ${item} and u.l = ${place}), 0)`
