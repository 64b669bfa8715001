/**
 * Migration 1: the tables, and every promise that a constraint can keep.
 *
 * Ids sort by bytes (`collate "C"`), whatever the database's own collation, so that pages and locks have one order
 * everywhere. Quantities are `numeric(18, 5)` within the range of a Quantity.
 *
 * What every sale writes keeps its promises in types where it can: the server reads the text of every check of a table anew
 * for each statement that writes it, and tests it for each row, changed or not. A type is read once, and tests what is set.
 */
import { demandTerms } from "../DemandTerms.ts"

const stockedKinds = "('inventory', 'assembly')"
const composedKinds = "('assembly', 'kit')"
const itemKinds =
  "('inventory', 'nonInventory', 'service', 'labor', 'overhead', 'expense', 'other', 'assembly', 'kit', 'category')"
const quantityMax = "90071992547.40991"
const movementKinds = "('receipt', 'adjustment', 'shipment', 'return', 'transfer', 'build', 'count')"

const timed = "expires_at is not null or kind = 'incoming'"

/** The statements, for a quoted schema name. */
export const tables = (s: string): ReadonlyArray<string> => [
  `create sequence ${s}.versions`,
  `create type ${s}.demand_kind as enum (${demandTerms.map(({ kind }) => `'${kind}'`).join(", ")})`,
  `create domain ${s}.on_hand as numeric(18, 5)
    constraint on_hand_range check (value between -${quantityMax} and ${quantityMax})`,
  `create domain ${s}.counter as numeric(18, 5) constraint counter_range check (value between 0 and ${quantityMax})`,
  `create domain ${s}.demand_source as text collate "C" constraint demand_source check (value <> '')`,
  `create domain ${s}.quantities as numeric(18, 5)[]
    constraint quantities_positive check (0 < all (value) and array_position(value, null) is null)`,

  `create table ${s}.items (
    id text collate "C" constraint items_pkey primary key constraint items_id check (id <> ''),
    kind text not null constraint items_kind check (kind in ${itemKinds}),
    sku text collate "C" not null,
    name text not null constraint items_name check (char_length(name) between 1 and 100),
    description text not null,
    base_unit text not null,
    units jsonb not null,
    publish boolean not null,
    archived boolean not null,
    always_shippable boolean not null,
    updated_at timestamptz not null,
    stocked boolean not null generated always as (kind in ${stockedKinds}) stored,
    composed boolean not null generated always as (kind in ${composedKinds}) stored,
    constraint items_stocked unique (id, stocked),
    constraint items_composed unique (id, composed)
  )`,
  `create index items_sku on ${s}.items (sku)`,

  // Only kits and assemblies have components: the reference to (id, composed) says so.
  `create table ${s}.item_components (
    item_id text collate "C" not null,
    line_no integer not null,
    component_id text collate "C" not null constraint item_components_component references ${s}.items (id),
    quantity numeric(18, 5) not null constraint item_components_quantity check (quantity > 0),
    composed boolean not null default true constraint item_components_composed check (composed),
    constraint item_components_pkey primary key (item_id, line_no),
    constraint item_components_item foreign key (item_id, composed) references ${s}.items (id, composed)
  )`,
  `create index item_components_component on ${s}.item_components (component_id)`,

  `create table ${s}.locations (
    id text collate "C" constraint locations_pkey primary key constraint locations_id check (id <> ''),
    name text not null,
    nettable boolean not null,
    is_default boolean not null,
    updated_at timestamptz not null
  )`,
  `create unique index locations_default on ${s}.locations (is_default) where is_default`,

  // The reference to (id, stocked) follows a change of the item's kind, and guard_kinds lets an item lose its stock kind
  // only when nothing is left: a kit never holds stock.
  `create table ${s}.positions (
    item_id text collate "C" not null,
    location_id text collate "C" not null constraint positions_location references ${s}.locations (id),
    stocked boolean not null default true,
    moved boolean not null default false,
    on_hand ${s}.on_hand not null default 0,
    before_count numeric(18, 5),
    ${demandTerms.map(({ column }) => `${column} ${s}.counter not null default 0`).join(",\n    ")},
    constraint positions_pkey primary key (item_id, location_id),
    constraint positions_item foreign key (item_id, stocked) references ${s}.items (id, stocked) on update cascade,
    constraint positions_stocked check (stocked or on_hand = 0)
  ) with (fillfactor = 70)`,
  `create function ${s}.guard_kinds() returns trigger language plpgsql as $$
begin
  if ${demandTerms.map(({ column }) => `new.${column} > 0`).join(" or ")} then
    raise exception 'demand for an item without stock of its own' using errcode = 'check_violation',
      constraint = 'positions_stocked';
  end if;
  return null;
end $$`,
  `create trigger positions_stocked after update of stocked on ${s}.positions
  for each row when (not new.stocked) execute function ${s}.guard_kinds()`,

  `create table ${s}.documents (
    key text collate "C" constraint documents_pkey primary key,
    recorded_at timestamptz not null
  )`,
  `create table ${s}.movements (
    sequence bigint generated always as identity constraint movements_pkey primary key,
    document_key text collate "C" not null,
    kind text not null constraint movements_kind check (kind in ${movementKinds}),
    item_id text collate "C" not null,
    location_id text collate "C" not null,
    quantity numeric(18, 5) not null,
    recorded_at timestamptz not null
  )`,
  `create index movements_position on ${s}.movements (item_id, location_id)`,

  // One row for each source, its lines in arrays: a line is never without its source, a request of a hundred lines is one
  // row, and the row of a reservation is also the record that its key was answered. It stays when the demand has ended;
  // the row of any other source goes with its last line.
  `create table ${s}.demand (
    source ${s}.demand_source constraint demand_pkey primary key,
    kind ${s}.demand_kind not null,
    line_ids text[] not null,
    item_ids text[] collate "C" not null,
    location_ids text[] collate "C" not null,
    quantities ${s}.quantities not null,
    expires_at timestamptz,
    expected_at timestamptz,
    requested_at timestamptz,
    refusal jsonb,
    updated_at timestamptz not null
  )`,
  // Demand whose counters depend on the time of day: what has a deadline, and what is on its way in.
  `create index demand_times on ${s}.demand (expires_at, expected_at) where ${timed}`,
  `create index demand_timed on ${s}.demand using gin (item_ids) where ${timed}`,

  // Below this line nothing refers to items, locations or stock: those may be an embedder's own tables.
  `create table ${s}.channels (
    id text collate "C" constraint channels_pkey primary key,
    name text not null,
    description text not null,
    locations jsonb
  )`,
  `create table ${s}.connections (
    id text collate "C" constraint connections_pkey primary key,
    name text not null,
    cart text not null,
    channel_id text collate "C" not null constraint connections_channel references ${s}.channels (id),
    location_id text collate "C" not null,
    publish_to jsonb not null,
    enabled boolean not null,
    reference_prefix text not null,
    reference_suffix text not null,
    import_from timestamptz not null,
    opening_balance_at timestamptz,
    policy jsonb not null
  )`,
  `create table ${s}.import_cursors (
    connection_id text collate "C" constraint import_cursors_pkey primary key
      constraint import_cursors_connection references ${s}.connections (id),
    modified_since timestamptz not null
  )`,

  `create table ${s}.links (
    connection_id text collate "C" not null constraint links_connection references ${s}.connections (id),
    listing_key text collate "C" not null,
    item_id text collate "C" not null,
    listing jsonb not null,
    tier text not null constraint links_tier check (tier in ('exact', 'normalised', 'manual')),
    matched_sku text not null,
    units_per_listing numeric(18, 5) not null constraint links_units_per_listing check (units_per_listing > 0),
    publishing boolean not null,
    rule jsonb not null,
    constraint links_pkey primary key (connection_id, listing_key)
  )`,
  `create index links_item on ${s}.links (item_id, connection_id)`,
  `create table ${s}.exclusions (
    connection_id text collate "C" not null constraint exclusions_connection references ${s}.connections (id),
    listing_key text collate "C" not null,
    reason text not null,
    constraint exclusions_pkey primary key (connection_id, listing_key)
  )`,

  `create table ${s}.sales (
    id text collate "C" constraint sales_pkey primary key,
    connection_id text collate "C" not null constraint sales_connection references ${s}.connections (id),
    order_id text collate "C" not null,
    type text not null constraint sales_type check (type in ('salesOrder', 'salesReceipt')),
    state text not null constraint sales_state
      check (state in ('open', 'closed', 'cancelled', 'held', 'skipped', 'deleted')),
    number text constraint sales_number_length check (char_length(number) between 1 and 21),
    reasons jsonb not null,
    snapshot jsonb not null,
    revision integer not null constraint sales_revision check (revision >= 0),
    constraint sales_order unique (connection_id, order_id)
  )`,
  `create unique index sales_number on ${s}.sales (lower(number)) where number is not null`,
  `create index sales_state on ${s}.sales (connection_id, state, id)`,
  `create table ${s}.sale_lines (
    sale_id text collate "C" not null constraint sale_lines_sale references ${s}.sales (id),
    line_no integer not null,
    id text not null,
    listing_key text,
    item_id text collate "C",
    location_id text collate "C" not null,
    sku text not null,
    description text not null,
    quantity numeric(18, 5) not null,
    open numeric(18, 5) not null,
    shipped numeric(18, 5) not null,
    units_per_listing numeric(18, 5) not null,
    needs jsonb not null,
    parent_line_id text,
    constraint sale_lines_pkey primary key (sale_id, line_no)
  )`,
  `create table ${s}.sale_history (
    sale_id text collate "C" not null constraint sale_history_sale references ${s}.sales (id),
    revision integer not null,
    type text not null,
    state text not null,
    number text,
    reasons jsonb not null,
    lines jsonb not null,
    actor text not null,
    reason text not null,
    at timestamptz not null,
    constraint sale_history_pkey primary key (sale_id, revision)
  )`,

  // No references here, so that nobody waits for a connection's row.
  `create table ${s}.dirty_marks (
    connection_id text collate "C" not null,
    item_id text collate "C" not null,
    version bigint not null,
    since bigint not null,
    resend boolean not null default false,
    constraint dirty_marks_pkey primary key (connection_id, item_id)
  ) with (fillfactor = 70)`,
  `create index dirty_marks_since on ${s}.dirty_marks (connection_id, since)`,
  // What has changed since the marks were last looked at: appended by everything that changes an item's availability, and
  // folded into marks by whoever looks at them, so that no two writers meet at a mark.
  `create table ${s}.touched (
    sequence bigint not null default nextval('${s.replaceAll("'", "''")}.versions') constraint touched_pkey primary key,
    item_ids text[] collate "C" not null
  ) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000, autovacuum_analyze_threshold = 1000000)`,
  `create table ${s}.publications (
    connection_id text collate "C" not null constraint publications_connection references ${s}.connections (id),
    listing_key text collate "C" not null,
    cart_location_id text collate "C" not null,
    item_id text collate "C" not null,
    quantity bigint not null constraint publications_quantity check (quantity >= 0),
    published_at timestamptz not null,
    receipt text,
    in_doubt boolean not null default false,
    constraint publications_pkey primary key (connection_id, listing_key, cart_location_id)
  ) with (fillfactor = 80)`,

  `create table ${s}.issues (
    sequence bigint generated always as identity constraint issues_pkey primary key,
    connection_id text collate "C",
    key text collate "C" not null,
    code text not null,
    issue jsonb not null,
    raised_at timestamptz not null,
    last_raised_at timestamptz not null,
    times integer not null,
    resolved_at timestamptz
  )`,
  `create unique index issues_open on ${s}.issues (key) where resolved_at is null`,

  `create table ${s}.events (
    sequence bigint generated always as identity constraint events_pkey primary key,
    kind text not null,
    subject text not null,
    actor text not null,
    reason text not null,
    at timestamptz not null
  )`
]
