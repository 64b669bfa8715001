/**
 * The schema as text, read from the catalogue: every type, table, constraint, index, sequence and function of it, in order.
 */
import { Effect } from "effect"
import { SqlClient } from "effect/sql"

/** What the schema `name` holds; its own name stands as `stockport`, so that dumps of different schemas compare. */
export const dump = (name: string) =>
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const rows = yield* sql.unsafe<{ readonly text: string }>(query, [name])
    const texts = rows.map(({ text }) => text.replaceAll(`"${name}"`, "stockport").replaceAll(`${name}.`, "stockport."))
    return `${texts.join("\n")}\n`
  })

const query = `
select text from (
  select 0 as part, t.typname as name, 0 as place, 'type ' || t.typname || case t.typtype
    when 'd' then ' ' || format_type(t.typbasetype, t.typtypmod) || coalesce((
      select string_agg(' ' || c.conname || ' ' || pg_get_constraintdef(c.oid), '' order by c.conname)
      from pg_constraint c where c.contypid = t.oid), '')
    else ' (' || (select string_agg(e.enumlabel, ', ' order by e.enumsortorder) from pg_enum e where e.enumtypid = t.oid)
      || ')' end as text
  from pg_type t where t.typnamespace = (select oid from pg_namespace where nspname = $1::text) and t.typtype in ('d', 'e')
  union all
  select 1, c.relname, 0, 'table ' || c.relname || coalesce(' with (' ||
    array_to_string(c.reloptions, ', ') || ')', '')
  from pg_class c where c.relnamespace = (select oid from pg_namespace where nspname = $1::text) and c.relkind = 'r'
  union all
  select 1, c.relname, a.attnum, '  ' || a.attname || ' ' || format_type(a.atttypid, a.atttypmod)
    || case when a.attcollation <> 0 and a.attcollation <> t.typcollation
         then ' collate ' || (select collname from pg_collation where oid = a.attcollation) else '' end
    || case when a.attnotnull then ' not null' else '' end
    || case a.attidentity when 'a' then ' generated always as identity' else '' end
    || case when d.oid is null then '' when a.attgenerated = 's'
         then ' generated always as (' || pg_get_expr(d.adbin, d.adrelid) || ') stored'
         else ' default ' || pg_get_expr(d.adbin, d.adrelid) end
  from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
  join pg_type t on t.oid = a.atttypid
  left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
  where c.relnamespace = (select oid from pg_namespace where nspname = $1::text) and c.relkind = 'r'
  union all
  select 2, c.conname, 0, 'constraint ' || c.conname || ' on ' || r.relname || ' ' || pg_get_constraintdef(c.oid)
  from pg_constraint c join pg_class r on r.oid = c.conrelid
  where c.connamespace = (select oid from pg_namespace where nspname = $1::text) and c.contype <> 'n' and c.contypid = 0
  union all
  select 3, indexname, 0, indexdef from pg_indexes where schemaname = $1::text
  union all
  select 4, sequencename, 0, 'sequence ' || sequencename from pg_sequences where schemaname = $1::text
  union all
  select 4, t.tgname || ' ' || r.relname, 0, pg_get_triggerdef(t.oid)
  from pg_trigger t join pg_class r on r.oid = t.tgrelid
  where r.relnamespace = (select oid from pg_namespace where nspname = $1::text) and not t.tgisinternal
  union all
  select 5, p.proname, 0, pg_get_functiondef(p.oid) from pg_proc p where p.pronamespace = (select oid from pg_namespace where nspname = $1::text)
) parts order by part, name collate "C", place`
