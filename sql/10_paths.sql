-- The path codec: how a row's key columns become the object name of its file, and back. The same rules as
-- shared/document/path.ts; both pass shared/document/path-vectors.json.
--
-- Of a value, the characters A-Z a-z 0-9 _ ! . * ' ( ) space & $ @ ; : + , ? - stand for themselves, as does "/" where a
-- param spans slashes. Everything else becomes its UTF-8 bytes as =XX: café is caf=C3=A9.
-- SQL never refuses a value that is not in Unicode normal form C: it spells what is there, and TypeScript refuses it.
-- Comparisons use the collation "C", so that no collation of a column changes what a range in a regular expression means.

-- Names that end in ".conflict" or ".conflict.<extension>" are kept for conflict copies: never a document, and no value
-- is spelled so. The same rules as shared/document/conflict-copy.ts.
create or replace function frontrow.is_reserved_name(name text) returns boolean
language sql immutable parallel safe set search_path = '' as $$
  select name collate "C" ~ '\.conflict(?:\.[^./]*)?$'
$$;
comment on function frontrow.is_reserved_name(text) is 'Whether an object name is kept for a conflict copy.';
revoke execute on function frontrow.is_reserved_name(text) from public, anon, authenticated;

create or replace function frontrow.unreserved(encoded text) returns text
language sql immutable parallel safe set search_path = '' as $$
  select pg_catalog.regexp_replace(encoded collate "C", '\.(?=conflict(?:\.[^./]*)?$)', '=2E', 'g')
$$;
comment on function frontrow.unreserved(text) is 'An encoded value, spelled so that no name ends as a conflict copy''s does.';
revoke execute on function frontrow.unreserved(text) from public, anon, authenticated;

-- Plain values, nearly all of them, cost one regular expression. Others are spelled character by character.
create or replace function frontrow.encode_value(value text, many boolean) returns text
language plpgsql immutable parallel safe set search_path = '' as $$
declare
  encoded text;
begin
  if value is null or many is null or value = '' collate "C" then return null; end if;
  if value collate "C" ~ '^[A-Za-z0-9_!.*''() &$@;:+,?-]+$' then
    return case when value collate "C" in ('.', '..') then '=2E' || pg_catalog.substr(value, 2)
      when pg_catalog.strpos(value collate "C", '.conflict') = 0 then value else frontrow.unreserved(value) end;
  end if;
  if many and value collate "C" ~ '^/|//|/$' then return null; end if;

  if many and value collate "C" ~ '^[A-Za-z0-9_!.*''() &$@;:+,?/-]+$' then
    encoded := value;
  else
    select pg_catalog.string_agg(
      case
        when c.glyph collate "C" ~ '[A-Za-z0-9_!.*''() &$@;:+,?-]' or (many and c.glyph = '/' collate "C") then c.glyph
        else pg_catalog.regexp_replace(
          pg_catalog.upper(pg_catalog.encode(pg_catalog.convert_to(c.glyph, 'UTF8'), 'hex')), '..', '=\&', 'g')
      end, '' order by c.place)
    into encoded
    from pg_catalog.string_to_table(value, null) with ordinality as c (glyph, place);
  end if;

  if not many then return frontrow.unreserved(encoded); end if;
  return frontrow.unreserved(pg_catalog.regexp_replace(encoded collate "C", '(^|/)\.(?=\.?(/|$))', '\1=2E', 'g'));
end;
$$;
comment on function frontrow.encode_value(text, boolean) is
  'One key value as it stands in a path; many: "/" separates segments. Null when the value is null, empty or has an empty segment.';
revoke execute on function frontrow.encode_value(text, boolean) from public, anon, authenticated;

create or replace function frontrow.decode_value(encoded text) returns text
language plpgsql immutable parallel safe set search_path = '' as $$
declare
  decoded text;
begin
  if encoded is null or encoded = '' collate "C" then return null; end if;
  if encoded collate "C" ~ '^[A-Za-z0-9_!.*''() &$@;:+,?-]+$' then
    return case when encoded collate "C" in ('.', '..') or (pg_catalog.strpos(encoded collate "C", '.conflict') > 0
      and frontrow.is_reserved_name(encoded)) then null else encoded end;
  end if;
  -- Plain characters, "/", and escapes that are UTF-8 without NUL, by length. Checked before they are decoded: a block
  -- that catches the error instead cannot run in a parallel query before PostgreSQL 17.
  if encoded collate "C" !~ ('^([A-Za-z0-9_!.*''() &$@;:+,?/-]'
    || '|=(0[1-9A-F]|[1-7][0-9A-F])'
    || '|=(C[2-9A-F]|D[0-9A-F])=[89AB][0-9A-F]'
    || '|=(E0=[AB]|E[1-9A-CEF]=[89AB]|ED=[89])[0-9A-F]=[89AB][0-9A-F]'
    || '|=(F0=[9AB]|F[1-3]=[89AB]|F4=8)[0-9A-F]=[89AB][0-9A-F]=[89AB][0-9A-F])+$')
  then return null; end if;

  -- Cut at each "=": but for the first piece, two hex digits and then plain characters.
  select pg_catalog.convert_from(
    pg_catalog.string_agg(
      case
        when p.place = 1 then pg_catalog.convert_to(p.piece, 'UTF8')
        else pg_catalog.decode(pg_catalog.substr(p.piece, 1, 2), 'hex')
          || pg_catalog.convert_to(pg_catalog.substr(p.piece, 3), 'UTF8')
      end, ''::bytea order by p.place), 'UTF8')
  into decoded
  from pg_catalog.string_to_table(encoded collate "C", '=') with ordinality as p (piece, place);

  -- A value has one spelling: any other is not a path of ours.
  if frontrow.encode_value(decoded, pg_catalog.strpos(encoded collate "C", '/') > 0) is distinct from encoded collate "C" then
    return null;
  end if;
  return decoded;
end;
$$;
comment on function frontrow.decode_value(text) is
  'The key value behind its spelling in a path. Null when that is not the spelling frontrow.encode_value gives.';
revoke execute on function frontrow.decode_value(text) from public, anon, authenticated;

-- The same text as IGNORED_NAMES in shared/document/path.ts, and part of every pattern.
create or replace function frontrow.ignored_names() returns text
language sql immutable parallel safe set search_path = '' as $$
  select '(?:.*/)?(?:\.emptyFolderPlaceholder|\.DS_Store|Thumbs\.db|desktop\.ini|\._[^/]*|\.=23[^/]*|=7E\$[^/]*|[^/]*(?:=7E|\.sw[px]|\.tmp))$'
$$;
comment on function frontrow.ignored_names() is 'Which paths are never documents: files that programs leave behind.';
revoke execute on function frontrow.ignored_names() from public, anon, authenticated;

-- Looking for these takes a sixth of what the regular expression takes, and hardly any name is like one of them.
create or replace function frontrow.ignored_likes() returns text[]
language sql immutable parallel safe set search_path = '' as $$
  select array['.%', '%/.%', '%Thumbs.db', '%desktop.ini', '~$%', '%/~$%', '=7E$%', '%/=7E$%', '%~', '%=7E', '%.sw_', '%.tmp']
$$;
comment on function frontrow.ignored_likes() is 'Every ignored name, as Storage has it or in plain letters, is like one of these; others may be.';
revoke execute on function frontrow.ignored_likes() from public, anon, authenticated;

create or replace function frontrow.build_path(tokens jsonb, key_values text[]) returns text
language plpgsql immutable parallel safe set search_path = '' as $$
declare
  path text := '';
  token jsonb;
  used integer := 0;
begin
  if tokens is null or key_values is null then return null; end if;
  for place in 0 .. pg_catalog.jsonb_array_length(tokens) - 1 loop
    token := tokens -> place;
    if pg_catalog.jsonb_typeof(token) = 'string' then
      path := path || (tokens ->> place);
    else
      used := used + 1;
      path := path || frontrow.encode_value(key_values[used], (token ->> 'many')::boolean);
    end if;
  end loop;

  if path is null or used <> pg_catalog.cardinality(key_values) then return null; end if;
  if pg_catalog.strpos(path collate "C", '.conflict') > 0 and frontrow.is_reserved_name(path) then return null; end if;
  if pg_catalog.octet_length(path) > 255 and (pg_catalog.octet_length(path) > 1024 or exists (
    select from pg_catalog.string_to_table(path collate "C", '/') as segment where pg_catalog.octet_length(segment) > 255
  )) then return null; end if;
  if path collate "C" ~ ('^' || frontrow.ignored_names()) then return null; end if;
  return path;
end;
$$;
comment on function frontrow.build_path(jsonb, text[]) is
  'The path of the document with these key values, in template order. Null when a value cannot be spelled, the path is over 1024 bytes or a segment over 255, or its name is an ignored one.';
revoke execute on function frontrow.build_path(jsonb, text[]) from public, anon, authenticated;

create or replace function frontrow.path_values(pattern text, path text) returns text[]
language plpgsql immutable parallel safe set search_path = '' as $$
declare
  captured text[];
  decoded text[] := '{}'::text[];
  kinds text[];
  value text;
begin
  captured := pg_catalog.regexp_match(path collate "C", pattern collate "C");
  if captured is null then return null; end if;
  if pg_catalog.octet_length(path) > 255 and (pg_catalog.octet_length(path) > 1024 or exists (
    select from pg_catalog.string_to_table(path collate "C", '/') as segment where pg_catalog.octet_length(segment) > 255
  )) then return null; end if;

  for place in 1 .. pg_catalog.cardinality(captured) loop
    value := frontrow.decode_value(captured[place]);
    if value is null then return null; end if;
    -- A param that spans slashes never holds an escaped one; the pattern says which param does.
    if pg_catalog.strpos(captured[place] collate "C", '=2F') > 0 then
      kinds := coalesce(kinds, array(
        select kind[1] from pg_catalog.regexp_matches(pattern collate "C", '(\(\[\^/\]\+(?:\(\?:/\[\^/\]\+\)\*)?\))', 'g') as kind
      ));
      if kinds[place] <> '([^/]+)' collate "C" then return null; end if;
    end if;
    decoded := decoded || value;
  end loop;
  return decoded;
end;
$$;
comment on function frontrow.path_values(text, text) is
  'The key values in a path, in template order. Null when the path is not of the pattern, or is not spelled as frontrow.build_path spells it.';
revoke execute on function frontrow.path_values(text, text) from public, anon, authenticated;
