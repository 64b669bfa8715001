/**
 * Migration 4: counts that speak for their moment, movements with a date of their own, and demand found by item.
 *
 * `movements.at` is when the goods moved; what a count books, and what stands against a movement that was counted before it
 * was known, has no date: nothing moved. `positions.counted_at` is the instant of the latest count. Both kinds of writer
 * lock the position before they look at it, so that of a count and a movement one always sees the other.
 */
import { byIndex, bySize, unlessStocked } from "./StockFunctions.ts"

/** Demand of one line. */
export const oneItem = "cardinality(item_ids) = 1"
/** Demand of several lines. */
export const severalItems = "cardinality(item_ids) > 1"

/** The statements, for a quoted schema name. */
export const countsAsOf = (s: string): ReadonlyArray<string> => [
  `alter table ${s}.movements add column at timestamptz`,
  `update ${s}.movements set at = recorded_at where kind <> 'count'`,
  `alter table ${s}.positions add column counted_at timestamptz`,
  `update ${s}.positions p set counted_at = c.at
  from (select item_id, location_id, max(recorded_at) as at from ${s}.movements where kind = 'count' group by 1, 2) c
  where c.item_id = p.item_id and c.location_id = p.location_id`,
  `drop index ${s}.movements_position`,
  `create index movements_position on ${s}.movements (item_id, location_id, at)`,
  // Most demand, and nearly all that comes in a hurry, is for one item: that goes by a plain index, which costs a fraction.
  `create index demand_item on ${s}.demand ((item_ids[1]), source) where ${oneItem}`,
  `create index demand_items on ${s}.demand using gin (item_ids) where ${severalItems}`,
  ...["book_movements", "book_many_movements"].map(
    (name) => `drop function ${s}.${name}(text[], int[], text[], text[], text[], numeric[], timestamptz, text, text)`
  ),
  ...["book_count", "book_large_count"].map(
    (name) => `drop function ${s}.${name}(text, text[], text[], numeric[], timestamptz, text, text)`
  ),
  bookMovements(s, "book_movements", byIndex),
  bookMovements(s, "book_many_movements", bySize),
  bookCount(s, "book_count", byIndex),
  bookCount(s, "book_large_count", bySize)
]

/**
 * Appends documents to the ledger, each once: `line_document` is each line's place in `keys`, `moments` when it moved (null:
 * now). A key that is being written elsewhere is waited for.
 */
const bookMovements = (s: string, name: string, settings: string) => `
create function ${s}.${name}(keys text[], line_document int[], kinds text[], items text[], places text[],
  quantities numeric[], moments timestamptz[], now timestamptz, actor text, reason text) returns void
language plpgsql ${settings} as $$
declare
  fresh text[];
  missing int;
  dated boolean;
begin
  with written as (
    insert into ${s}.documents (key, recorded_at)
    select k, now from unnest(keys) u (k) order by k collate "C"
    on conflict do nothing returning key)
  select array_agg(key) into fresh from written;
  if fresh is null then return; end if;
  if array_length(fresh, 1) < array_length(keys, 1) then
    select array_agg(l.d order by l.n), array_agg(l.k order by l.n), array_agg(l.i order by l.n),
      array_agg(l.p order by l.n), array_agg(l.q order by l.n), array_agg(l.m order by l.n)
    into line_document, kinds, items, places, quantities, moments
    from unnest(line_document, kinds, items, places, quantities, moments) with ordinality l (d, k, i, p, q, m, n)
    where l.d in (select d.n from unnest(keys) with ordinality d (key, n) join unnest(fresh) f (key) using (key));
  end if;
  if array_length(items, 1) > 0 then
    perform ${s}.place(items, places);
    with sums as (
      select i collate "C" as i, l collate "C" as l, sum(q) as q, min(m) as oldest,
        array_agg(q) filter (where m is not null) as qs, array_agg(m) filter (where m is not null) as ms
      from unnest(items, places, quantities, moments) u (i, l, q, m)
      group by 1, 2 order by 1, 2
    ), booked as (
      -- What had moved before the latest count is on hand already, or gone already.
      update ${s}.positions p set moved = true, on_hand = p.on_hand + x.q - case
          when least(x.oldest, now) < p.counted_at then coalesce((
            select sum(u.q) from unnest(x.qs, x.ms) u (q, m) where least(u.m, now) < p.counted_at), 0)
          else 0 end
      from sums x where p.item_id = x.i and p.location_id = x.l and p.stocked
      returning x.oldest
    )
    select (select count(*) from sums) - count(*), bool_or(oldest is not null) into missing, dated from booked;
    ${unlessStocked("missing > 0")}
    insert into ${s}.movements (document_key, kind, item_id, location_id, quantity, recorded_at, at)
    select keys[u.d], u.k, u.i, u.l, u.q, now, coalesce(least(u.m, now), greatest(now, p.counted_at))
    from unnest(line_document, kinds, items, places, quantities, moments) with ordinality u (d, k, i, l, q, m, n)
    join ${s}.positions p on p.item_id = u.i and p.location_id = u.l order by u.n;
    if dated then
      insert into ${s}.movements (document_key, kind, item_id, location_id, quantity, recorded_at)
      select keys[u.d], 'count', u.i, u.l, -u.q, now
      from unnest(line_document, items, places, quantities, moments) with ordinality u (d, i, l, q, m, n)
      join ${s}.positions p on p.item_id = u.i and p.location_id = u.l
      where u.m is not null and least(u.m, now) < p.counted_at order by u.n;
    end if;
    perform ${s}.touch(items);
  end if;
  insert into ${s}.events (kind, subject, actor, reason, at)
  select 'stockMoved', key, ${name}.actor, ${name}.reason, now from unnest(fresh) f (key);
end $$`

/**
 * Books what was counted as of an instant (null: now), one line for each position, so that the ledger gets one difference
 * for each. What has moved since then comes on top; a count as of an earlier instant than a later one books nothing.
 */
const bookCount = (s: string, name: string, settings: string) => `
create function ${s}.${name}(document text, items text[], places text[], quantities numeric[], as_of timestamptz,
  now timestamptz, actor text, reason text) returns void language plpgsql ${settings} as $$
declare
  counted int;
  instant timestamptz := as_of;
begin
  insert into ${s}.documents (key, recorded_at) values (document, now) on conflict do nothing;
  if not found then return; end if;
  perform ${s}.place(items, places);
  -- A count that speaks for now knows whatever was booked before it.
  if instant >= now then instant := null; end if;
  if instant is not null then
    -- What has moved since then is added up below, so that nobody may book while that is done.
    perform 1 from ${s}.positions p join unnest(items, places) u (i, l) on p.item_id = u.i and p.location_id = u.l
    order by p.item_id, p.location_id for no key update of p;
  end if;
  with counted as (
    select i collate "C" as i, l collate "C" as l, q from unnest(items, places, quantities) u (i, l, q) order by 1, 2
  ), booked as (
    -- What was there before is kept beside it: the difference is the one of this very update.
    update ${s}.positions p set before_count = p.on_hand, moved = true,
      on_hand = case
        when instant is null then c.q
        when instant < p.counted_at then p.on_hand
        else c.q + coalesce((
          select sum(m.quantity) from ${s}.movements m
          where m.item_id = p.item_id and m.location_id = p.location_id and m.at >= instant), 0) end,
      counted_at = greatest(coalesce(instant, now), p.counted_at)
    from counted c where p.item_id = c.i and p.location_id = c.l and p.stocked
    returning p.item_id, p.location_id, p.on_hand - p.before_count as difference
  )
  insert into ${s}.movements (document_key, kind, item_id, location_id, quantity, recorded_at)
  select document, 'count', item_id, location_id, difference, now from booked;
  get diagnostics counted = row_count;
  ${unlessStocked("counted < cardinality(items)")}
  perform ${s}.touch(items);
  insert into ${s}.events (kind, subject, actor, reason, at)
  values ('stockCounted', document, ${name}.actor, ${name}.reason, now);
end $$`
