/**
 * Migration 3: the writes to channels, connections, links, sales, publications and issues, each one call.
 *
 * `own` says whether items and locations are our tables too; where they are an embedder's, he has checked them.
 */

/** The statements, for a quoted schema name. */
export const syncFunctions = (s: string): ReadonlyArray<string> => [
  checkKnown(s),
  markFor(s),
  markLinked(s),
  saveChannel(s),
  saveConnection(s),
  setCursor(s),
  saveLinks(s),
  removeLinks(s),
  exclude(s),
  saveSales(s),
  mark(s),
  dirty(s),
  doubtPublications(s),
  recordPublications(s),
  raiseIssues(s),
  replaceIssues(s)
]

/** Planned once, and by the indexes: planning anew for every call would take longer than most calls. */
const planned = "set plan_cache_mode = force_generic_plan set enable_seqscan = off"

/** Refuses ids that are not in a table. `kind` is the field's word, and with an s the table's name. */
const checkKnown = (s: string) => `
create function ${s}.check_known(kind text, ids text[]) returns void language plpgsql as $$
declare
  missing text;
begin
  execute format('select u.id from unnest($1) with ordinality u (id, n) where not exists (
    select 1 from ${s.replaceAll("'", "''")}.%I t where t.id = u.id) order by u.n limit 1', kind || 's') into missing using ids;
  if missing is not null then
    perform ${s}.refuse(jsonb_build_object('_tag', 'Unknown', 'kind', kind, 'id', missing));
  end if;
end $$`

const markFor = (s: string) => `
create function ${s}.mark_for(connection text, item_ids text[], resending boolean) returns void language plpgsql as $$
begin
  insert into ${s}.dirty_marks as m (connection_id, item_id, version, since, resend)
  select connection, id, nextval('${literal(s)}.versions'), nextval('${literal(s)}.versions'), resending
  from (select distinct id collate "C" as id from unnest(item_ids) u (id)) i order by id
  on conflict (connection_id, item_id) do update set version = nextval('${literal(s)}.versions'),
    resend = m.resend or excluded.resend;
end $$`

const markLinked = (s: string) => `
create function ${s}.mark_linked(connection text, resending boolean) returns void language plpgsql as $$
begin
  perform ${s}.mark_for(connection,
    array(select distinct item_id from ${s}.links where connection_id = connection), resending);
end $$`

const saveChannel = (s: string) => `
create function ${s}.save_channel(channel jsonb, own boolean, now timestamptz, actor text, reason text) returns void
language plpgsql as $$
declare
  before record;
begin
  if own and jsonb_typeof(channel->'locations') = 'array' then
    perform ${s}.check_known('location', array(select jsonb_array_elements_text(channel->'locations')));
  end if;
  select * into before from ${s}.channels where id = channel->>'id' for update;
  insert into ${s}.channels (id, name, description, locations)
  values (channel->>'id', channel->>'name', channel->>'description', nullif(channel->'locations', 'null'))
  on conflict (id) do update set name = excluded.name, description = excluded.description,
    locations = excluded.locations;
  insert into ${s}.events (kind, subject, actor, reason, at)
  values ('channelSaved', channel->>'id', save_channel.actor, save_channel.reason, now);
  if before.id is not null and before.locations is distinct from nullif(channel->'locations', 'null') then
    perform ${s}.mark_linked(id, false) from ${s}.connections where channel_id = channel->>'id' and enabled;
  end if;
end $$`

const saveConnection = (s: string) => `
create function ${s}.save_connection(saved jsonb, own boolean, now timestamptz, actor text, reason text) returns void
language plpgsql as $$
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
    reference_suffix, import_from, opening_balance_at, policy)
  values (saved->>'id', saved->>'name', saved->>'cart', saved->>'channelId', saved->>'locationId', saved->'publishTo',
    (saved->>'enabled')::boolean, saved->>'referencePrefix', saved->>'referenceSuffix',
    (saved->>'importFrom')::timestamptz, (saved->>'openingBalanceAt')::timestamptz, saved->'policy')
  on conflict (id) do update set name = excluded.name, cart = excluded.cart, channel_id = excluded.channel_id,
    location_id = excluded.location_id, publish_to = excluded.publish_to, enabled = excluded.enabled,
    reference_prefix = excluded.reference_prefix, reference_suffix = excluded.reference_suffix,
    import_from = excluded.import_from, opening_balance_at = excluded.opening_balance_at, policy = excluded.policy;
  insert into ${s}.events (kind, subject, actor, reason, at)
  values ('connectionSaved', saved->>'id', save_connection.actor, save_connection.reason, now);
  if (saved->>'enabled')::boolean and (before.id is null or not before.enabled
      or before.channel_id <> saved->>'channelId' or before.policy <> saved->'policy'
      or before.publish_to <> saved->'publishTo') then
    perform ${s}.mark_linked(saved->>'id', before.id is not null and not before.enabled);
  end if;
end $$`

const setCursor = (s: string) => `
create function ${s}.set_cursor(connection text, since timestamptz) returns void language plpgsql as $$
begin
  perform ${s}.check_known('connection', array[connection]);
  insert into ${s}.import_cursors (connection_id, modified_since) values (connection, since)
  on conflict (connection_id) do update set modified_since = excluded.modified_since;
end $$`

const saveLinks = (s: string) => `
create function ${s}.save_links(links jsonb, own boolean, now timestamptz, actor text, reason text) returns void
language plpgsql ${planned} as $$
begin
  perform ${s}.check_known('connection', array(select distinct x->>'connectionId' from jsonb_array_elements(links) x));
  if own then
    perform ${s}.check_known('item', array(select x->>'itemId' from jsonb_array_elements(links) x));
  end if;
  insert into ${s}.links (connection_id, listing_key, item_id, listing, tier, matched_sku, units_per_listing,
    publishing, rule)
  select x->>'connectionId', x->'listing'->>'key', x->>'itemId', x->'listing', x->>'tier', x->>'matchedSku',
    (x->>'unitsPerListing')::numeric, (x->>'publishing')::boolean, x->'rule'
  from jsonb_array_elements(links) x order by x->>'connectionId' collate "C", x->'listing'->>'key' collate "C"
  on conflict (connection_id, listing_key) do update set item_id = excluded.item_id, listing = excluded.listing,
    tier = excluded.tier, matched_sku = excluded.matched_sku, units_per_listing = excluded.units_per_listing,
    publishing = excluded.publishing, rule = excluded.rule;
  insert into ${s}.events (kind, subject, actor, reason, at)
  select 'linked', x->'listing'->>'key', save_links.actor, save_links.reason, now
  from jsonb_array_elements(links) with ordinality u (x, n) order by n;
  perform ${s}.mark_for(c, ids, false) from (
    select x->>'connectionId' as c, array_agg(x->>'itemId') as ids from jsonb_array_elements(links) x group by 1
    order by 1) m;
end $$`

const removeLinks = (s: string) => `
create function ${s}.remove_links(connection text, keys text[], now timestamptz, actor text, reason text) returns void
language sql as $$
  with removed as (
    delete from ${s}.links where connection_id = connection and listing_key = any(keys) returning listing_key)
  insert into ${s}.events (kind, subject, actor, reason, at)
  select 'unlinked', listing_key, remove_links.actor, remove_links.reason, now from removed;
$$`

const exclude = (s: string) => `
create function ${s}.exclude(exclusions jsonb, now timestamptz, actor text, reason text) returns void
language plpgsql as $$
begin
  perform ${s}.check_known('connection',
    array(select distinct x->>'connectionId' from jsonb_array_elements(exclusions) x));
  insert into ${s}.exclusions (connection_id, listing_key, reason)
  select x->>'connectionId', x->>'key', x->>'reason' from jsonb_array_elements(exclusions) x
  on conflict (connection_id, listing_key) do update set reason = excluded.reason;
  insert into ${s}.events (kind, subject, actor, reason, at)
  select 'excluded', x->>'key', exclude.actor, exclude.reason, now
  from jsonb_array_elements(exclusions) with ordinality u (x, n) order by n;
end $$`

/** Creates and replaces sales, each named once. The stored revision is checked under the sale's own lock. */
const saveSales = (s: string) => `
create function ${s}.save_sales(saved jsonb, now timestamptz, actor text, reason text) returns void
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
  insert into ${s}.sales (id, connection_id, order_id, type, state, number, reasons, snapshot, revision)
  select x->>'id', x->>'connectionId', x->>'orderId', x->>'type', x->>'state', x->>'number', x->'reasons', x->'order',
    (x->>'revision')::int
  from jsonb_array_elements(saved) x order by x->>'id' collate "C"
  on conflict (id) do update set type = excluded.type, state = excluded.state, number = excluded.number,
    reasons = excluded.reasons, snapshot = excluded.snapshot, revision = excluded.revision
    where sales.revision = excluded.revision - 1;
  insert into ${s}.sale_lines (sale_id, line_no, id, listing_key, item_id, location_id, sku, description, quantity, open,
    shipped, units_per_listing, needs, parent_line_id)
  select x->>'id', n, l->>'id', l->>'listingKey', l->>'itemId', l->>'locationId', l->>'sku', l->>'description',
    (l->>'quantity')::numeric, (l->>'open')::numeric, (l->>'shipped')::numeric, (l->>'unitsPerListing')::numeric,
    l->'needs', l->>'parentLineId'
  from jsonb_array_elements(saved) x cross join jsonb_array_elements(x->'lines') with ordinality u (l, n);
  insert into ${s}.sale_history (sale_id, revision, type, state, number, reasons, lines, actor, reason, at)
  select x->>'id', (x->>'revision')::int, x->>'type', x->>'state', x->>'number', x->'reasons', x->'lines',
    save_sales.actor, save_sales.reason, now
  from jsonb_array_elements(saved) x;
end $$`

const mark = (s: string) => `
create function ${s}.mark(connection text, item_ids text[], resending boolean, own boolean) returns void language plpgsql as $$
begin
  perform ${s}.check_known('connection', array[connection]);
  if item_ids is null then
    perform ${s}.mark_linked(connection, resending);
    return;
  end if;
  if own then
    perform ${s}.check_known('item', item_ids);
  end if;
  perform ${s}.mark_for(connection, item_ids, resending);
end $$`

/**
 * The oldest marks of a connection. Demand that has reached its deadline ends first, and what has been touched is folded
 * into marks.
 */
const dirty = (s: string) => `
create function ${s}.dirty(connection text, marks_max int, expired_max int, now timestamptz, actor text, reason text)
returns table (item_id text, version bigint, resend boolean) language plpgsql ${planned} as $$
#variable_conflict use_column
begin
  if exists (select 1 from ${s}.demand where expires_at <= now) then
    perform ${s}.expire(now, expired_max, actor, reason);
  end if;
  perform ${s}.fold_touched(true);
  return query select m.item_id, m.version, m.resend from ${s}.dirty_marks m
    where m.connection_id = connection order by m.since, m.item_id limit marks_max;
end $$`

const doubtPublications = (s: string) => `
create function ${s}.doubt_publications(connection text, keys text[]) returns void language sql as $$
  with doubted as (
    select cart_location_id, listing_key from ${s}.publications
    where connection_id = connection and listing_key = any(keys)
    order by listing_key, cart_location_id for update
  )
  update ${s}.publications p set in_doubt = true from doubted d
  where p.connection_id = connection and p.listing_key = d.listing_key and p.cart_location_id = d.cart_location_id
$$`

const recordPublications = (s: string) => `
create function ${s}.record_publications(connection text, published jsonb, cleared_items text[],
  cleared_versions bigint[], own boolean, now timestamptz, actor text, reason text) returns void
language plpgsql ${planned} as $$
begin
  perform ${s}.check_known('connection', array[connection]);
  perform ${s}.fold_touched(true);
  if own then
    perform ${s}.check_known('item', array(select distinct x->>'itemId' from jsonb_array_elements(published) x));
  end if;
  insert into ${s}.publications as p (connection_id, listing_key, cart_location_id, item_id, quantity, published_at,
    receipt)
  select connection, x->>'key', x->>'cartLocationId', x->>'itemId', (x->>'quantity')::bigint,
    (x->>'publishedAt')::timestamptz, x->>'receipt'
  from jsonb_array_elements(published) x order by x->>'key' collate "C", x->>'cartLocationId' collate "C"
  on conflict (connection_id, listing_key, cart_location_id) do update set item_id = excluded.item_id,
    quantity = excluded.quantity, published_at = excluded.published_at, receipt = excluded.receipt,
    in_doubt = false;
  insert into ${s}.events (kind, subject, actor, reason, at)
  select 'published', x->>'key', record_publications.actor, record_publications.reason, now
  from jsonb_array_elements(published) with ordinality u (x, n) order by n;
  -- A mark that was raised meanwhile has another version, and stays.
  with cleared as (
    select m.item_id from ${s}.dirty_marks m join unnest(cleared_items, cleared_versions) c (item_id, version)
      on m.item_id = c.item_id and m.version = c.version
    where m.connection_id = connection order by m.item_id for update of m)
  delete from ${s}.dirty_marks m using cleared c where m.connection_id = connection and m.item_id = c.item_id;
end $$`

const raiseIssues = (s: string) => `
create function ${s}.raise_issues(connection text, keys text[], raised jsonb, now timestamptz) returns void
language sql as $$
  insert into ${s}.issues as i (connection_id, key, code, issue, raised_at, last_raised_at, times)
  select connection, k, x->>'code', x, now, now, times from (
    select distinct on (k) k, x, count(*) over (partition by k) as times
    from (select keys[n] as k, x, n from jsonb_array_elements(raised) with ordinality u (x, n)) r
    order by k, n desc) r
  order by k collate "C"
  on conflict (key) where resolved_at is null do update set connection_id = excluded.connection_id,
    issue = excluded.issue, last_raised_at = excluded.last_raised_at, times = i.times + excluded.times;
$$`

const replaceIssues = (s: string) => `
create function ${s}.replace_issues(connection text, codes text[], field text, subjects text[], keys text[],
  raised jsonb, now timestamptz) returns void language plpgsql as $$
begin
  perform ${s}.raise_issues(connection, keys, raised, now);
  update ${s}.issues set resolved_at = now
  where resolved_at is null and connection_id is not distinct from connection and code = any(codes)
    and (field is null or issue->'about'->>field = any(subjects)) and key <> all(keys);
end $$`

/** A quoted schema name inside a string constant. */
const literal = (s: string): string => s.replaceAll("'", "''")
