/**
 * Migration 2: the writes to items and stock, each one call and so one round trip and one transaction.
 *
 * Every function takes its locks in one order (document or source, then positions by item and location, then marks), reads
 * after it has locked, and keeps the guard in the statement that writes. Refusals are raised with the SQLSTATE `SP001` and
 * the port's own error as JSON detail.
 */
import { demandTerms } from "../DemandTerms.ts"

/**
 * A call of few rows goes by the indexes, row after row in the order of its list: rows are then locked in that order, and
 * a plan made while a table was still empty stays right when it has grown. It is planned once: planning anew for every
 * call takes longer than the call.
 */
export const byIndex =
  "set plan_cache_mode = force_generic_plan set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off"

/** How many items one note of what has changed names at the most. */
const touchedPerRow = 1_000

/** Every how many notes the writer folds them into marks, whether or not anybody looks at the marks. */
export const touchesPerFold = 1_024

/** Tries again when an item turned into one without stock of its own after it was looked at: the next look says so. */
export const unlessStocked = (condition: string) =>
  `if ${condition} then raise exception 'an item without stock meanwhile' using errcode = 'SP002'; end if;`

/** A call of many rows is planned for its very size. */
export const bySize = "set plan_cache_mode = force_custom_plan"

/** The statements, for a quoted schema name. */
export const stockFunctions = (s: string): ReadonlyArray<string> => [
  refuse(s),
  fold(s),
  touch(s),
  saveItems(s),
  saveLocations(s),
  faultOf(s),
  checkPlaces(s),
  place(s),
  ...guardPositions(s),
  bookMovements(s, "book_movements", byIndex),
  bookMovements(s, "book_many_movements", bySize),
  bookCount(s, "book_count", byIndex),
  bookCount(s, "book_large_count", bySize),
  setDemand(s, "set_demand", byIndex),
  setDemand(s, "set_much_demand", bySize),
  expire(s)
]

const refuse = (s: string) => `
create function ${s}.refuse(reason jsonb) returns void language plpgsql as $$
begin
  raise exception 'refused' using errcode = 'SP001', detail = reason::text;
end $$`

/**
 * Folds what has been touched into marks, for every connection that is enabled. A touch that has not been committed yet is
 * left for the next time. Somebody else who is folding is waited for a second at the most (not at all unless `waiting`):
 * what he has taken is marked when he has ended, and nothing of it is lost when he fails.
 */
const fold = (s: string) => `
create function ${s}.fold_touched(waiting boolean) returns void language plpgsql ${byIndex} set lock_timeout = '1s' as $$
begin
  if not exists (select 1 from ${s}.touched) then return; end if;
  if waiting then
    begin
      perform pg_advisory_xact_lock(hashtextextended('${literal(s)}.touched', 0));
    exception when lock_not_available then
      return;
    end;
  elsif not pg_try_advisory_xact_lock(hashtextextended('${literal(s)}.touched', 0)) then
    return;
  end if;
  with taken as (
    delete from ${s}.touched returning sequence, item_ids
  ), items as materialized (
    select u.id, min(t.sequence) as first from taken t cross join unnest(t.item_ids) u (id) group by u.id
  )
  insert into ${s}.dirty_marks (connection_id, item_id, version, since)
  select c.id, i.id, nextval('${literal(s)}.versions'), i.first
  from ${s}.connections c cross join items i where c.enabled
  order by c.id, i.id
  on conflict (connection_id, item_id) do update set version = nextval('${literal(s)}.versions');
end $$`

/** Notes that items have changed, a thousand in a row; every so many notes somebody folds them, so that they stay few. */
const touch = (s: string) => `
create function ${s}.touch(items text[]) returns void language plpgsql as $$
declare
  due boolean;
begin
  with noted as (
    insert into ${s}.touched (item_ids)
    select array_agg(i) from unnest(items) with ordinality u (i, n) group by (n - 1) / ${touchedPerRow}
    returning sequence)
  select bool_or(sequence % ${touchesPerFold} = 0) into due from noted;
  if due then perform ${s}.fold_touched(false); end if;
end $$`

const saveItems = (s: string) => `
create function ${s}.save_items(items jsonb, now timestamptz, actor text, reason text) returns void language plpgsql as $$
declare
  ids text[];
  bad record;
begin
  select array_agg(x->>'id') into ids from jsonb_array_elements(items) x;
  -- Two saves that close a cycle together must see each other.
  if exists (select 1 from jsonb_array_elements(items) x where jsonb_array_length(x->'billOfMaterials') > 0) then
    perform pg_advisory_xact_lock(hashtextextended('${literal(s)}.billOfMaterials', 0));
  end if;
  perform 1 from ${s}.items where id = any(ids) order by id for update;
  select i.id, i.kind, x->>'kind' as new_kind into bad
  from jsonb_array_elements(items) x join ${s}.items i on i.id = x->>'id'
  where i.kind <> x->>'kind' and exists (
    select 1 from ${s}.positions p where p.item_id = i.id and (p.on_hand <> 0 or p.sales_orders > 0
      or p.sales_receipts > 0 or p.pick_tickets > 0 or p.reservations > 0 or p.soft_holds > 0 or p.stock_holds > 0
      or p.incoming > 0))
  order by i.id limit 1;
  if found then
    perform ${s}.refuse(jsonb_build_object('_tag', 'Invalid', 'field', 'kind', 'value', bad.new_kind, 'expected',
      bad.kind || ', as long as there is stock of ' || bad.id || ' or demand for it'));
  end if;
  delete from ${s}.item_components where item_id = any(ids);
  insert into ${s}.items as i (id, kind, sku, name, description, base_unit, units, publish, archived, always_shippable,
    updated_at)
  select x->>'id', x->>'kind', x->>'sku', x->>'name', x->>'description', x->>'baseUnit', x->'units',
    (x->>'publish')::boolean, (x->>'archived')::boolean, (x->>'alwaysShippable')::boolean, now
  from jsonb_array_elements(items) x order by x->>'id' collate "C"
  on conflict (id) do update set kind = excluded.kind, sku = excluded.sku, name = excluded.name,
    description = excluded.description, base_unit = excluded.base_unit, units = excluded.units,
    publish = excluded.publish, archived = excluded.archived, always_shippable = excluded.always_shippable,
    updated_at = excluded.updated_at;
  select c->>'itemId' as id into bad
  from jsonb_array_elements(items) x cross join jsonb_array_elements(x->'billOfMaterials') c
  where not exists (select 1 from ${s}.items i where i.id = c->>'itemId') limit 1;
  if found then
    perform ${s}.refuse(jsonb_build_object('_tag', 'Unknown', 'kind', 'item', 'id', bad.id));
  end if;
  insert into ${s}.item_components (item_id, line_no, component_id, quantity)
  select x->>'id', c.line_no, c.line->>'itemId', (c.line->>'quantity')::numeric
  from jsonb_array_elements(items) x
  cross join jsonb_array_elements(x->'billOfMaterials') with ordinality c (line, line_no);
  with recursive below (root, id) as (
    select item_id, component_id from ${s}.item_components where item_id = any(ids)
    union
    select b.root, c.component_id from below b join ${s}.item_components c on c.item_id = b.id
  )
  select root into bad from below where root = id order by root limit 1;
  if found then
    perform ${s}.refuse(jsonb_build_object('_tag', 'Invalid', 'field', 'billOfMaterials', 'value', bad.root,
      'expected', 'components that do not contain ' || bad.root || ' again'));
  end if;
  insert into ${s}.events (kind, subject, actor, reason, at)
  select 'itemSaved', id, save_items.actor, save_items.reason, now from unnest(ids) with ordinality u (id, n) order by n;
  perform ${s}.touch(array(
    with recursive above (id) as (
      select u.id collate "C" from unnest(ids) u (id)
      union
      select c.item_id from above a join ${s}.item_components c on c.component_id = a.id
    )
    select id from above));
end $$`

const saveLocations = (s: string) => `
create function ${s}.save_locations(saved jsonb, now timestamptz, actor text, reason text) returns void
language plpgsql as $$
declare
  ids text[];
  turned text[];
  defaults text[];
begin
  perform pg_advisory_xact_lock(hashtextextended('${literal(s)}.locations', 0));
  select array_agg(x->>'id') into ids from jsonb_array_elements(saved) x;
  turned := array(select l.id from jsonb_array_elements(saved) x join ${s}.locations l on l.id = x->>'id'
    where l.nettable <> (x->>'nettable')::boolean);
  update ${s}.locations set is_default = false where id = any(ids) and is_default;
  select array_agg(id order by id) into defaults from (
    select id from ${s}.locations where is_default
    union
    select x->>'id' collate "C" from jsonb_array_elements(saved) x where (x->>'isDefault')::boolean) d;
  if coalesce(array_length(defaults, 1), 0) <> 1 then
    perform ${s}.refuse(jsonb_build_object('_tag', 'Invalid', 'field', 'isDefault', 'value',
      coalesce(array_to_string(defaults, ', '), 'none'), 'expected', 'exactly one default location'));
  end if;
  insert into ${s}.locations (id, name, nettable, is_default, updated_at)
  select x->>'id', x->>'name', (x->>'nettable')::boolean, (x->>'isDefault')::boolean, now
  from jsonb_array_elements(saved) x
  on conflict (id) do update set name = excluded.name, nettable = excluded.nettable,
    is_default = excluded.is_default, updated_at = excluded.updated_at;
  insert into ${s}.events (kind, subject, actor, reason, at)
  select 'locationSaved', id, save_locations.actor, save_locations.reason, now
  from unnest(ids) with ordinality u (id, n) order by n;
  if array_length(turned, 1) > 0 then
    perform ${s}.touch(array(select distinct item_id from ${s}.positions where location_id = any(turned)));
  end if;
end $$`

/** What is wrong with lines by themselves: the first whose item or location cannot have stock, or null. */
const faultOf = (s: string) => `
create function ${s}.fault_of(items text[], places text[]) returns jsonb language sql stable as $$
  select case
    when i.id is null then jsonb_build_object('_tag', 'Unknown', 'kind', 'item', 'id', u.i)
    when not i.stocked then jsonb_build_object('_tag', 'Invalid', 'field', 'itemId', 'value', u.i, 'expected',
      'an item with stock of its own, not one of kind ' || i.kind)
    else jsonb_build_object('_tag', 'Unknown', 'kind', 'location', 'id', u.l) end
  from unnest(items, places) with ordinality u (i, l, n)
  left join ${s}.items i on i.id = u.i
  left join ${s}.locations l on l.id = u.l
  where i.id is null or not i.stocked or l.id is null
  order by u.n limit 1
$$`

/** Refuses the first line whose item is unknown or without stock of its own, or whose location is unknown. */
const checkPlaces = (s: string) => `
create function ${s}.check_places(items text[], places text[]) returns void language plpgsql as $$
declare
  fault jsonb := ${s}.fault_of(items, places);
begin
  if fault is not null then perform ${s}.refuse(fault); end if;
end $$`

/** Makes the positions that are missing, all counters at zero; refuses those that may not be. */
const place = (s: string) => `
create function ${s}.place(items text[], places text[]) returns void language plpgsql as $$
begin
  -- Nearly always they are all there, and then their items and locations are too.
  if not exists (
    select 1 from unnest(items, places) u (i, l)
    left join ${s}.positions p on p.item_id = u.i and p.location_id = u.l
    where p.item_id is null or not p.stocked
  ) then return; end if;
  perform ${s}.check_places(items, places);
  insert into ${s}.positions (item_id, location_id)
  select distinct i collate "C", l collate "C" from unnest(items, places) u (i, l) order by 1, 2
  on conflict do nothing;
end $$`

/**
 * The reference of the ledger to positions, looked up once for each statement: a count books a hundred thousand movements,
 * and a foreign key would ask for each of them by itself, and lock each position once more. It keeps the name and the error
 * of one. Demand is written by statements that have just booked its positions; those cannot be taken away from it either.
 */
const guardPositions = (s: string): ReadonlyArray<string> => [
  `create function ${s}.guard_movements() returns trigger language plpgsql as $$
begin
  if exists (
    select 1 from fresh f
    where not exists (select 1 from ${s}.positions p where p.item_id = f.item_id and p.location_id = f.location_id)
  ) then
    raise exception 'a movement without a position' using errcode = 'foreign_key_violation',
      constraint = 'movements_position';
  end if;
  return null;
end $$`,
  `create trigger movements_position after insert on ${s}.movements referencing new table as fresh
  for each statement execute function ${s}.guard_movements()`,
  `create function ${s}.guard_positions() returns trigger language plpgsql as $$
begin
  if exists (select 1 from ${s}.movements m where m.item_id = old.item_id and m.location_id = old.location_id)
    or exists (select 1 from ${s}.demand d cross join unnest(d.item_ids, d.location_ids) u (i, l)
      where u.i = old.item_id and u.l = old.location_id)
  then
    raise exception 'a position with movements or demand' using errcode = 'foreign_key_violation',
      constraint = 'positions_position';
  end if;
  return old;
end $$`,
  `create trigger positions_position before delete on ${s}.positions
  for each row execute function ${s}.guard_positions()`
]

/**
 * Appends documents to the ledger, each once: `line_document` is each line's place in `keys`. A key that is being
 * written elsewhere is waited for.
 */
const bookMovements = (s: string, name: string, settings: string) => `
create function ${s}.${name}(keys text[], line_document int[], kinds text[], items text[], places text[],
  quantities numeric[], now timestamptz, actor text, reason text) returns void language plpgsql ${settings} as $$
declare
  fresh text[];
  missing int;
begin
  with written as (
    insert into ${s}.documents (key, recorded_at)
    select k, now from unnest(keys) u (k) order by k collate "C"
    on conflict do nothing returning key)
  select array_agg(key) into fresh from written;
  if fresh is null then return; end if;
  if array_length(fresh, 1) < array_length(keys, 1) then
    select array_agg(l.d order by l.n), array_agg(l.k order by l.n), array_agg(l.i order by l.n),
      array_agg(l.p order by l.n), array_agg(l.q order by l.n)
    into line_document, kinds, items, places, quantities
    from unnest(line_document, kinds, items, places, quantities) with ordinality l (d, k, i, p, q, n)
    where l.d in (select d.n from unnest(keys) with ordinality d (key, n) join unnest(fresh) f (key) using (key));
  end if;
  if array_length(items, 1) > 0 then
    perform ${s}.place(items, places);
    with sums as (
      select i collate "C" as i, l collate "C" as l, sum(q) as q from unnest(items, places, quantities) u (i, l, q)
      group by 1, 2 order by 1, 2
    ), booked as (
      update ${s}.positions p set on_hand = p.on_hand + x.q, moved = true
      from sums x where p.item_id = x.i and p.location_id = x.l and p.stocked
      returning 1
    )
    select (select count(*) from sums) - (select count(*) from booked) into missing;
    ${unlessStocked("missing > 0")}
    insert into ${s}.movements (document_key, kind, item_id, location_id, quantity, recorded_at)
    select keys[d], k, i, l, q, now
    from unnest(line_document, kinds, items, places, quantities) with ordinality u (d, k, i, l, q, n) order by n;
    perform ${s}.touch(items);
  end if;
  insert into ${s}.events (kind, subject, actor, reason, at)
  select 'stockMoved', key, ${name}.actor, ${name}.reason, now from unnest(fresh) f (key);
end $$`

/** Books what was counted: one line for each position, so that the ledger gets one difference for each. */
const bookCount = (s: string, name: string, settings: string) => `
create function ${s}.${name}(document text, items text[], places text[], quantities numeric[], now timestamptz,
  actor text, reason text) returns void language plpgsql ${settings} as $$
declare
  counted int;
begin
  insert into ${s}.documents (key, recorded_at) values (document, now) on conflict do nothing;
  if not found then return; end if;
  perform ${s}.place(items, places);
  with counted as (
    select i collate "C" as i, l collate "C" as l, q from unnest(items, places, quantities) u (i, l, q) order by 1, 2
  ), booked as (
    -- What was there before is kept beside it: the difference is the one of this very update.
    update ${s}.positions p set before_count = p.on_hand, on_hand = c.q, moved = true
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

/**
 * Sets the demand of sources, each named once. The lines of a source come as four array literals, at its own place in
 * `line_ids`, `items`, `places` and `quantities`. A source that already has exactly this demand is left alone.
 */
const setDemand = (s: string, name: string, settings: string) => `
create function ${s}.${name}(sources text[], source_kinds text[], expiries timestamptz[], expected timestamptz[],
  line_ids text[], items text[], places text[], quantities text[], now timestamptz, actor text, reason text)
returns void language plpgsql ${settings} as $$
#variable_conflict use_column
declare
  fresh text[];
  replaced text[] := '{}';
  touched text[];
  missing int;
begin
  with written as (
    insert into ${s}.demand (source, kind, line_ids, item_ids, location_ids, quantities, expires_at, expected_at, updated_at)
    select g.source, g.kind::${s}.demand_kind, g.line_ids::text[], g.items::text[], g.places::text[],
      g.quantities::numeric[], g.expires_at, g.expected_at, now
    from ${asked(name)} where g.items <> '{}' order by g.source collate "C"
    on conflict (source) do nothing returning source)
  select coalesce(array_agg(source), '{}') into fresh from written;
  if cardinality(fresh) < cardinality(sources) then
    replaced := array(select g.source from ${asked(name)} where g.source not in (select unnest(fresh)));
    perform 1 from ${s}.demand where source = any(replaced) order by source for update;
    -- From here on the sources are ours alone. The ones without a row are empty and stay so.
    if exists (
      select 1 from ${asked(name)} where g.items <> '{}' and g.source not in (select unnest(fresh))
        and not exists (select 1 from ${s}.demand o where o.source = g.source)
    ) then
      raise exception 'a source was taken away meanwhile' using errcode = 'SP002';
    end if;
    select ${columns.map((column) => `array_agg(g.${column} order by g.n)`).join(", ")}
    into sources, source_kinds, expiries, expected, line_ids, items, places, quantities
    from ${asked(name)} left join ${s}.demand o on o.source = g.source
    where g.source in (select unnest(fresh)) or (
      (g.items <> '{}' or o.item_ids <> '{}')
      and (o.kind, o.line_ids, o.item_ids, o.location_ids, o.quantities, o.expires_at, o.expected_at)
        is distinct from (g.kind::${s}.demand_kind, g.line_ids::text[], g.items::text[] collate "C",
          g.places::text[] collate "C", g.quantities::numeric[], g.expires_at, g.expected_at));
    if sources is null then return; end if;
    replaced := array(select g.source from ${asked(name)} where g.source not in (select unnest(fresh)));
  end if;
  perform ${s}.place(array_agg(u.i), array_agg(u.l)) from ${asked(name)}
  cross join unnest(g.items::text[], g.places::text[]) u (i, l);
  with delta as (
    select o.kind, u.i, u.l, -u.q as q
    from ${s}.demand o cross join unnest(o.item_ids, o.location_ids, o.quantities) u (i, l, q)
    where o.source = any(replaced)
    union all
    select g.kind::${s}.demand_kind, u.i, u.l, u.q
    from ${asked(name)} cross join unnest(g.items::text[], g.places::text[], g.quantities::numeric[]) u (i, l, q)
  ), sums as (
    select i collate "C" as i, l collate "C" as l, ${demandTerms
      .map(({ column, kind }) => `coalesce(sum(q) filter (where kind = '${kind}'), 0) as ${column}`)
      .join(", ")}
    from delta group by 1, 2 order by 1, 2
  ), updated as (
    update ${s}.positions p set ${demandTerms.map(({ column }) => `${column} = p.${column} + x.${column}`).join(", ")}
    from sums x where p.item_id = x.i and p.location_id = x.l and p.stocked
    returning p.item_id
  )
  select array_agg(item_id), (select count(*) from sums) - count(*) into touched, missing from updated;
  ${unlessStocked("missing > 0")}
  perform ${s}.touch(touched);
  if replaced <> '{}' then
    -- What has ended has no deadline left; the answer to a reservation stays.
    update ${s}.demand o set kind = g.kind::${s}.demand_kind, line_ids = g.line_ids::text[], item_ids = g.items::text[],
      location_ids = g.places::text[], quantities = g.quantities::numeric[],
      expires_at = case when g.items <> '{}' then g.expires_at end,
      expected_at = case when g.items <> '{}' then g.expected_at end, updated_at = now
    from ${asked(name)}
    where o.source = g.source and g.source not in (select unnest(fresh))
      and (g.items <> '{}' or o.requested_at is not null);
    delete from ${s}.demand o using ${asked(name)}
    where o.source = g.source and g.items = '{}' and o.requested_at is null;
  end if;
  insert into ${s}.events (kind, subject, actor, reason, at)
  select case when g.items <> '{}' then 'demandSet' else 'released' end, g.source, ${name}.actor, ${name}.reason, now
  from ${asked(name)} order by g.n;
end $$`

const columns = ["source", "kind", "expires_at", "expected_at", "line_ids", "items", "places", "quantities"]

/** What a function that sets demand was given: a row for each source. */
const asked = (name: string) => `unnest(${name}.sources, ${name}.source_kinds, ${name}.expiries, ${name}.expected,
      ${name}.line_ids, ${name}.items, ${name}.places, ${name}.quantities)
      with ordinality g (${columns.join(", ")}, n)`

/** Ends demand that has reached its deadline, a bounded number of sources at a time. */
const expire = (s: string) => `
create function ${s}.expire(now timestamptz, sources_max int, actor text, reason text) returns int
language plpgsql as $$
declare
  expired text[];
  size int;
  nothing text[];
begin
  select array_agg(source) into expired from (
    select source from ${s}.demand where expires_at <= now order by expires_at, source limit sources_max
    for update skip locked) e;
  if expired is null then return 0; end if;
  size := cardinality(expired);
  nothing := array_fill('{}'::text, array[size]);
  perform ${s}.set_demand(expired, array_fill('salesOrder'::text, array[size]),
    array_fill(null::timestamptz, array[size]), array_fill(null::timestamptz, array[size]), nothing, nothing, nothing,
    nothing, now, actor, reason);
  return size;
end $$`

/** A quoted schema name inside a string constant. */
const literal = (s: string): string => s.replaceAll("'", "''")
