/**
 * Migration 5: links that leave a trace when they end, sales that are looked at again, and marks that wait.
 *
 * The sales with a line on a listing are found by `sales.listing_keys`, which only open and held ones have. A mark that
 * waits is out of `dirty_marks_since`, the index that marks are taken by, until its time has come.
 */

/** The statements, for a quoted schema name. */
export const linksThatEnd = (s: string): ReadonlyArray<string> => [
  // Whatever is left out more often than not stands in one column.
  `alter table ${s}.connections add column rest jsonb`,
  `create table ${s}.ended_links (
    connection_id text collate "C" not null constraint ended_links_connection references ${s}.connections (id),
    listing_key text collate "C" not null,
    link jsonb not null,
    ending text not null constraint ended_links_ending check (ending in ('removed', 'excluded', 'replaced')),
    settled boolean not null default false,
    ended_at timestamptz not null,
    constraint ended_links_pkey primary key (connection_id, listing_key)
  )`,
  `create index ended_links_unsettled on ${s}.ended_links (connection_id, listing_key) where not settled`,
  `create index links_product on ${s}.links (connection_id, (listing->>'productId'))`,
  `alter table ${s}.exclusions add column sku text`,

  `alter table ${s}.sales add column look_at timestamptz, add column rest jsonb, add column listing_keys text[]`,
  `create index sales_look on ${s}.sales (connection_id, look_at, id) where look_at is not null`,
  `create index sales_listings on ${s}.sales using gin (listing_keys) with (gin_pending_list_limit = 256)
    where listing_keys is not null`,
  `alter table ${s}.sale_lines add column rest jsonb`,
  listingKeys(s),
  `update ${s}.sales o set listing_keys = ${s}.listing_keys_of(o.state, o.snapshot, (
    select jsonb_agg(jsonb_build_object('listingKey', l.listing_key)) from ${s}.sale_lines l where l.sale_id = o.id))
  where o.state in ('open', 'held')`,

  `alter table ${s}.dirty_marks add column tries integer not null default 0, add column not_before timestamptz`,
  `drop index ${s}.dirty_marks_since`,
  `create index dirty_marks_since on ${s}.dirty_marks (connection_id, since) where not_before is null`,
  `create index dirty_marks_not_before on ${s}.dirty_marks (connection_id, not_before) where not_before is not null`,

  makeDue(s),
  hasten(s),
  markFor(s),
  fold(s),
  saveConnection(s),
  include(s),
  saveLinks(s),
  `drop function ${s}.remove_links(text, text[], timestamptz, text, text)`,
  removeLinks(s),
  settleLinks(s),
  doubtPublications(s),
  exclude(s),
  saveSales(s),
  lookAtSales(s),
  `drop function ${s}.dirty(text, int, int, timestamptz, text, text)`,
  dirty(s),
  deferMarks(s)
]

/** The fields that have columns of their own. */
const connectionColumns =
  "id,name,cart,channelId,locationId,publishTo,enabled,referencePrefix,referenceSuffix,importFrom,openingBalanceAt,policy"
const saleColumns = "id,connectionId,orderId,type,state,number,reasons,lines,order,revision,lookAt"
const lineColumns =
  "id,listingKey,itemId,locationId,sku,description,quantity,open,shipped,unitsPerListing,needs,parentLineId"

const rest = (object: string, columns: string): string => `nullif(${object} - '{${columns}}'::text[], '{}')`

/** Planned once, and by the indexes: planning anew for every call would take longer than most calls. */
const planned = "set plan_cache_mode = force_generic_plan set enable_seqscan = off"

/** The listings that lines of an open or held sale are sold by: a variant's, or its product's. */
const listingKeys = (s: string) => `
create function ${s}.listing_keys_of(state text, snapshot jsonb, lines jsonb) returns text[] language sql immutable as $$
  select case when state in ('open', 'held') then array(
    select x->>'listingKey' from jsonb_array_elements(coalesce(lines, '[]')) x where x->>'listingKey' is not null
    union
    select x->>'productId' from jsonb_array_elements(snapshot->'lines') x where x->>'productId' is not null
    union
    select (x->>'productId') || '/' || (x->>'variantId') from jsonb_array_elements(snapshot->'lines') x
    where x->>'productId' is not null and x->>'variantId' is not null) end
$$`

/** Makes the open and held sales with a line on one of these listings due, those that are not due already. */
const makeDue = (s: string) => `
create function ${s}.make_due(connection text, keys text[], now timestamptz) returns void language plpgsql ${planned} as $$
begin
  if coalesce(cardinality(keys), 0) = 0 then return; end if;
  perform ${s}.hasten(array(
    select id from ${s}.sales where connection_id = connection and listing_keys is not null and listing_keys && keys
      and (look_at is null or look_at > now)), now);
end $$`

const hasten = (s: string) => `
create function ${s}.hasten(ids text[], now timestamptz) returns void language plpgsql ${planned} as $$
begin
  perform 1 from ${s}.sales where id = any(ids) order by id for no key update;
  update ${s}.sales set look_at = now where id = any(ids) and (look_at is null or look_at > now);
end $$`

/** Whoever marks an item ends the waiting of its mark. */
const markFor = (s: string) => `
create or replace function ${s}.mark_for(connection text, item_ids text[], resending boolean) returns void
language plpgsql as $$
begin
  insert into ${s}.dirty_marks as m (connection_id, item_id, version, since, resend)
  select connection, id, nextval('${literal(s)}.versions'), nextval('${literal(s)}.versions'), resending
  from (select distinct id collate "C" as id from unnest(item_ids) u (id)) i order by id
  on conflict (connection_id, item_id) do update set version = nextval('${literal(s)}.versions'),
    resend = m.resend or excluded.resend, tries = 0, not_before = null;
end $$`

const fold = (s: string) => `
create or replace function ${s}.fold_touched(waiting boolean) returns void language plpgsql
set plan_cache_mode = force_generic_plan set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
set lock_timeout = '1s' as $$
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
  on conflict (connection_id, item_id) do update set version = nextval('${literal(s)}.versions'), tries = 0,
    not_before = null;
end $$`

const saveConnection = (s: string) => `
create or replace function ${s}.save_connection(saved jsonb, own boolean, now timestamptz, actor text, reason text)
returns void language plpgsql as $$
declare
  before record;
begin
  -- What was touched until now is marked for the connections that are enabled now. A write under way is folded once it
  -- has been committed, for those that are enabled then.
  perform ${s}.fold_touched(true);
  perform ${s}.check_known('channel', array[saved->>'channelId']);
  if own then
    perform ${s}.check_known('location', array(
      select saved->>'locationId'
      union all
      select jsonb_array_elements_text(p->'locations') from jsonb_array_elements(saved->'publishTo') p
      where jsonb_typeof(p->'locations') = 'array'));
  end if;
  select * into before from ${s}.connections where id = saved->>'id' for update;
  insert into ${s}.connections (id, name, cart, channel_id, location_id, publish_to, enabled, reference_prefix,
    reference_suffix, import_from, opening_balance_at, rest, policy)
  values (saved->>'id', saved->>'name', saved->>'cart', saved->>'channelId', saved->>'locationId', saved->'publishTo',
    (saved->>'enabled')::boolean, saved->>'referencePrefix', saved->>'referenceSuffix',
    (saved->>'importFrom')::timestamptz, (saved->>'openingBalanceAt')::timestamptz, ${rest("saved", connectionColumns)}, saved->'policy')
  on conflict (id) do update set name = excluded.name, cart = excluded.cart, channel_id = excluded.channel_id,
    location_id = excluded.location_id, publish_to = excluded.publish_to, enabled = excluded.enabled,
    reference_prefix = excluded.reference_prefix, reference_suffix = excluded.reference_suffix,
    import_from = excluded.import_from, opening_balance_at = excluded.opening_balance_at, rest = excluded.rest,
    policy = excluded.policy;
  insert into ${s}.events (kind, subject, actor, reason, at)
  values ('connectionSaved', saved->>'id', save_connection.actor, save_connection.reason, now);
  if (saved->>'enabled')::boolean and (before.id is null or not before.enabled
      or before.channel_id <> saved->>'channelId' or before.policy <> saved->'policy'
      or before.publish_to <> saved->'publishTo') then
    perform ${s}.mark_linked(saved->>'id', before.id is not null and not before.enabled);
  end if;
  if before.id is not null and (before.policy->'intake' is distinct from saved->'policy'->'intake'
      or before.import_from <> (saved->>'importFrom')::timestamptz or before.rest->>'backlog' is distinct from saved->>'backlog')
  then
    perform ${s}.hasten(array(select id from ${s}.sales where connection_id = before.id and state = 'skipped'), now);
  end if;
end $$`

/** Lifts exclusions, as far as there are any. */
const include = (s: string) => `
create function ${s}.include(connection text, keys text[], now timestamptz, actor text, reason text) returns void
language plpgsql as $$
declare
  lifted text[];
begin
  perform pg_advisory_xact_lock(${decidingLock(s, "connection")});
  with gone as (
    delete from ${s}.exclusions where connection_id = connection and listing_key = any(keys) returning listing_key)
  select array_agg(listing_key order by listing_key) into lifted from gone;
  if lifted is null then return; end if;
  insert into ${s}.events (kind, subject, actor, reason, at)
  select 'included', k, include.actor, include.reason, now from unnest(lifted) u (k);
  perform ${s}.make_due(connection, lifted, now);
end $$`

/** Who decides orders by the links of a connection holds this lock together with others; who changes links, alone. */
export const decidingLock = (s: string, connection: string): string =>
  `hashtextextended('${literal(s)}.links.' || ${connection}, 0)`

const saveLinks = (s: string) => `
create or replace function ${s}.save_links(links jsonb, own boolean, now timestamptz, actor text, reason text)
returns void language plpgsql ${planned} as $$
declare
  batch record;
  changed record;
begin
  perform ${s}.check_known('connection', array(select distinct x->>'connectionId' from jsonb_array_elements(links) x));
  if own then
    perform ${s}.check_known('item', array(select x->>'itemId' from jsonb_array_elements(links) x));
  end if;
  for batch in
    select x->>'connectionId' as connection, array_agg(x->'listing'->>'key') as keys, array_agg(x->>'itemId') as items,
      array_agg((x->>'unitsPerListing')::numeric) as units,
      array_agg(x->'listing'->>'key') filter (where x->>'tier' = 'manual') as manual
    from jsonb_array_elements(links) x group by 1 order by 1
  loop
    perform pg_advisory_xact_lock(${decidingLock(s, "batch.connection")});
    -- Those that sell another item or pack than before, and what they sold.
    select array_agg(u.key) as keys, array_agg(l.item_id) filter (where l.item_id is not null) as items into changed
    from unnest(batch.keys, batch.items, batch.units) u (key, item, units)
    left join ${s}.links l on l.connection_id = batch.connection and l.listing_key = u.key
    where l.item_id is distinct from u.item or l.units_per_listing is distinct from u.units;
    delete from ${s}.ended_links where connection_id = batch.connection and listing_key = any(batch.keys);
    insert into ${s}.links (connection_id, listing_key, item_id, listing, tier, matched_sku, units_per_listing,
      publishing, rule)
    select x->>'connectionId', x->'listing'->>'key', x->>'itemId', x->'listing', x->>'tier', x->>'matchedSku',
      (x->>'unitsPerListing')::numeric, (x->>'publishing')::boolean, x->'rule'
    from jsonb_array_elements(links) x where x->>'connectionId' = batch.connection
    order by x->'listing'->>'key' collate "C"
    on conflict (connection_id, listing_key) do update set item_id = excluded.item_id, listing = excluded.listing,
      tier = excluded.tier, matched_sku = excluded.matched_sku, units_per_listing = excluded.units_per_listing,
      publishing = excluded.publishing, rule = excluded.rule;
    perform ${s}.mark_for(batch.connection, batch.items || changed.items, false);
    perform ${s}.make_due(batch.connection, changed.keys, now);
    if batch.manual is not null then
      perform ${s}.include(batch.connection, batch.manual, now, save_links.actor, save_links.reason);
    end if;
  end loop;
  insert into ${s}.events (kind, subject, actor, reason, at)
  select 'linked', x->'listing'->>'key', save_links.actor, save_links.reason, now
  from jsonb_array_elements(links) with ordinality u (x, n) order by n;
end $$`

const removeLinks = (s: string) => `
create function ${s}.remove_links(connection text, keys text[], ending text, now timestamptz, actor text, reason text)
returns void language plpgsql as $$
begin
  perform pg_advisory_xact_lock(${decidingLock(s, "connection")});
  with removed as (
    delete from ${s}.links where connection_id = connection and listing_key = any(keys) returning *
  ), kept as (
    insert into ${s}.ended_links (connection_id, listing_key, link, ending, ended_at)
    select connection, listing_key, jsonb_build_object('connectionId', connection_id, 'listing', listing, 'itemId', item_id,
      'tier', tier, 'matchedSku', matched_sku, 'unitsPerListing', units_per_listing::text, 'publishing', publishing,
      'rule', rule), remove_links.ending, now
    from removed
    on conflict (connection_id, listing_key) do update set link = excluded.link, ending = excluded.ending,
      settled = false, ended_at = now
  )
  insert into ${s}.events (kind, subject, actor, reason, at)
  select 'unlinked', listing_key, remove_links.actor, remove_links.reason, now from removed;
end $$`

const settleLinks = (s: string) => `
create function ${s}.settle_links(connection text, keys text[]) returns void language sql as $$
  update ${s}.ended_links set settled = true
  where connection_id = connection and listing_key = any(keys) and not settled
$$`

/** Of what is in doubt nobody knows what the shop goes on showing. */
const doubtPublications = (s: string) => `
create or replace function ${s}.doubt_publications(connection text, keys text[]) returns void language sql as $$
  with doubted as (
    select cart_location_id, listing_key from ${s}.publications
    where connection_id = connection and listing_key = any(keys)
    order by listing_key, cart_location_id for update
  )
  update ${s}.publications p set in_doubt = true from doubted d
  where p.connection_id = connection and p.listing_key = d.listing_key and p.cart_location_id = d.cart_location_id;
  update ${s}.ended_links set settled = false
  where connection_id = connection and listing_key = any(keys) and settled
$$`

const exclude = (s: string) => `
create or replace function ${s}.exclude(exclusions jsonb, now timestamptz, actor text, reason text) returns void
language plpgsql as $$
declare
  batch record;
begin
  perform ${s}.check_known('connection',
    array(select distinct x->>'connectionId' from jsonb_array_elements(exclusions) x));
  for batch in
    select x->>'connectionId' as connection, array_agg(x->>'key') as keys
    from jsonb_array_elements(exclusions) x group by 1 order by 1
  loop
    perform pg_advisory_xact_lock(${decidingLock(s, "batch.connection")});
    perform ${s}.make_due(batch.connection, array(
      select k from unnest(batch.keys) u (k) where not exists (
        select 1 from ${s}.exclusions e where e.connection_id = batch.connection and e.listing_key = k)), now);
  end loop;
  insert into ${s}.exclusions (connection_id, listing_key, reason, sku)
  select x->>'connectionId', x->>'key', x->>'reason', x->>'sku' from jsonb_array_elements(exclusions) x
  on conflict (connection_id, listing_key) do update set reason = excluded.reason, sku = excluded.sku;
  insert into ${s}.events (kind, subject, actor, reason, at)
  select 'excluded', x->>'key', exclude.actor, exclude.reason, now
  from jsonb_array_elements(exclusions) with ordinality u (x, n) order by n;
end $$`

/** Creates and replaces sales, each named once. The stored revision is checked under the sale's own lock. */
const saveSales = (s: string) => `
create or replace function ${s}.save_sales(saved jsonb, now timestamptz, actor text, reason text) returns void
language plpgsql ${planned} as $$
declare
  ids text[];
  numbers text[];
  known int;
  bad record;
begin
  select array_agg(x->>'id' order by n), array_agg(x->>'number' order by n) into ids, numbers
  from jsonb_array_elements(saved) with ordinality u (x, n);
  perform ${s}.check_known('connection', array(select distinct x->>'connectionId' from jsonb_array_elements(saved) x));
  perform 1 from ${s}.sales where id = any(ids) order by id for update;
  get diagnostics known = row_count;
  select x->>'id' as id into bad
  from jsonb_array_elements(saved) with ordinality u (x, n) left join ${s}.sales o on o.id = x->>'id'
  where (x->>'revision')::int <> coalesce(o.revision + 1, 0) order by n limit 1;
  if found then
    perform ${s}.refuse(jsonb_build_object('_tag', 'Changed', 'kind', 'sale', 'id', bad.id));
  end if;
  select u.number, o.id as owner into bad from unnest(numbers) with ordinality u (number, n)
  join ${s}.sales o on lower(o.number) = lower(u.number) and o.number is not null
  where o.id <> all(ids) order by u.n limit 1;
  if not found then
    select (array_agg(u.number order by u.n))[2] as number, (array_agg(u.id order by u.n))[1] as owner into bad
    from unnest(ids, numbers) with ordinality u (id, number, n) where u.number is not null
    group by lower(u.number) having count(*) > 1 order by min(u.n) limit 1;
  end if;
  if found then
    perform ${s}.refuse(jsonb_build_object('_tag', 'Taken', 'field', 'number', 'value', bad.number, 'by', bad.owner));
  end if;
  -- The events tell a first import from an amendment by what was there before.
  insert into ${s}.events (kind, subject, actor, reason, at)
  select case x->>'state' when 'held' then 'saleHeld' when 'skipped' then 'saleSkipped' when 'deleted' then 'saleDeleted'
      else case when o.id is null or o.state in ('held', 'skipped') then 'saleImported' else 'saleAmended' end end,
    x->>'id', save_sales.actor, save_sales.reason, now
  from jsonb_array_elements(saved) with ordinality u (x, n) left join ${s}.sales o on o.id = x->>'id' order by n;
  if known > 0 then
    -- All let go of their old numbers before any takes a new one, so that two may swap.
    update ${s}.sales o set number = null from unnest(ids, numbers) u (id, number)
    where o.id = u.id and o.number is not null and o.number is distinct from u.number;
    delete from ${s}.sale_lines where sale_id = any(ids);
  end if;
  insert into ${s}.sales (id, connection_id, order_id, type, state, number, reasons, snapshot, revision, look_at, rest,
    listing_keys)
  select x->>'id', x->>'connectionId', x->>'orderId', x->>'type', x->>'state', x->>'number', x->'reasons', x->'order',
    (x->>'revision')::int, (x->>'lookAt')::timestamptz, ${rest("x", saleColumns)},
    ${s}.listing_keys_of(x->>'state', x->'order', x->'lines')
  from jsonb_array_elements(saved) x order by x->>'id' collate "C"
  on conflict (id) do update set type = excluded.type, state = excluded.state, number = excluded.number,
    reasons = excluded.reasons, snapshot = excluded.snapshot, revision = excluded.revision, look_at = excluded.look_at,
    rest = excluded.rest, listing_keys = excluded.listing_keys
    where sales.revision = excluded.revision - 1;
  insert into ${s}.sale_lines (sale_id, line_no, id, listing_key, item_id, location_id, sku, description, quantity, open,
    shipped, units_per_listing, needs, parent_line_id, rest)
  select x->>'id', n, l->>'id', l->>'listingKey', l->>'itemId', l->>'locationId', l->>'sku', l->>'description',
    (l->>'quantity')::numeric, (l->>'open')::numeric, (l->>'shipped')::numeric, (l->>'unitsPerListing')::numeric,
    l->'needs', l->>'parentLineId', ${rest("l", lineColumns)}
  from jsonb_array_elements(saved) x cross join jsonb_array_elements(x->'lines') with ordinality u (l, n);
  insert into ${s}.sale_history (sale_id, revision, type, state, number, reasons, lines, actor, reason, at)
  select x->>'id', (x->>'revision')::int, x->>'type', x->>'state', x->>'number', x->'reasons', x->'lines',
    save_sales.actor, save_sales.reason, now
  from jsonb_array_elements(saved) x;
end $$`

const lookAtSales = (s: string) => `
create function ${s}.look_at_sales(connection text, order_ids text[], looks timestamptz[]) returns void
language plpgsql ${planned} as $$
begin
  perform 1 from ${s}.sales where connection_id = connection and order_id = any(order_ids) order by id for no key update;
  update ${s}.sales o set look_at = u.look from unnest(order_ids, looks) u (order_id, look)
  where o.connection_id = connection and o.order_id = u.order_id and o.look_at is distinct from u.look;
end $$`

/**
 * The oldest marks of a connection that do not wait. Demand that has reached its deadline ends first, what has been touched
 * is folded into marks, and marks whose time has come wait no more.
 */
const dirty = (s: string) => `
create function ${s}.dirty(connection text, marks_max int, expired_max int, now timestamptz, actor text, reason text)
returns table (item_id text, version bigint, resend boolean, tries int) language plpgsql ${planned} as $$
#variable_conflict use_column
begin
  if exists (select 1 from ${s}.demand where expires_at <= now) then
    perform ${s}.expire(now, expired_max, actor, reason);
  end if;
  perform ${s}.fold_touched(true);
  if exists (select 1 from ${s}.dirty_marks where connection_id = connection and not_before <= now) then
    update ${s}.dirty_marks m set not_before = null from (
      select w.item_id from ${s}.dirty_marks w where w.connection_id = connection and w.not_before <= now
      order by w.not_before, w.item_id limit marks_max for update) w
    where m.connection_id = connection and m.item_id = w.item_id;
  end if;
  return query select m.item_id, m.version, m.resend, m.tries from ${s}.dirty_marks m
    where m.connection_id = connection and m.not_before is null order by m.since, m.item_id limit marks_max;
end $$`

/** Lets marks wait, those of the version that is named. What was touched before is folded first, and is another version. */
const deferMarks = (s: string) => `
create function ${s}.defer_marks(connection text, items text[], item_versions bigint[], item_tries int[],
  instants timestamptz[]) returns void language plpgsql ${planned} as $$
begin
  perform ${s}.check_known('connection', array[connection]);
  perform ${s}.fold_touched(true);
  perform 1 from ${s}.dirty_marks where connection_id = connection and item_id = any(items) order by item_id for update;
  update ${s}.dirty_marks m set resend = false, tries = u.tries, not_before = u.instant
  from unnest(items, item_versions, item_tries, instants) u (item_id, version, tries, instant)
  where m.connection_id = connection and m.item_id = u.item_id and m.version = u.version;
end $$`

/** A quoted schema name inside a string constant. */
const literal = (s: string): string => s.replaceAll("'", "''")
