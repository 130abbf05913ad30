-- Stand-in for the extension pg_net 0.20: the same tables, signatures, defaults, grants and errors. The worker is
-- scripts/local/net.ts; it hears of a commit through NOTIFY, which Postgres delivers only after it. Safe to repeat.
create schema if not exists net;

do $$
begin
  create domain net.http_method as text check (value in ('GET', 'POST', 'DELETE'));
exception when duplicate_object then null;
end;
$$;

create unlogged table if not exists net.http_request_queue (
  id bigserial,
  method net.http_method not null,
  url text not null,
  headers jsonb,
  body bytea,
  timeout_milliseconds integer not null
);
create unlogged table if not exists net._http_response (
  id bigint,
  status_code integer,
  content_type text,
  headers jsonb,
  content text,
  timed_out boolean,
  error_msg text,
  created timestamptz not null default now()
);
create index if not exists _http_response_created_idx on net._http_response (created);

create or replace function net.wake() returns void language sql volatile as $$
  select pg_notify('frontrow_net_wake', '')
$$;

create or replace function net._urlencode_string(string text) returns text language sql immutable strict as $$
  select coalesce(string_agg(
    case when byte between 48 and 57 or byte between 65 and 90 or byte between 97 and 122 or byte in (45, 46, 95, 126)
      then chr(byte) else '%' || upper(lpad(to_hex(byte), 2, '0')) end, '' order by place), '')
  from (
    select place, get_byte(convert_to(string, 'UTF8'), place) as byte
    from generate_series(0, octet_length(convert_to(string, 'UTF8')) - 1) as place
  ) as bytes
$$;

-- Strict, as the real one: a NULL url stays NULL and meets the queue's NOT NULL, in the caller's transaction.
create or replace function net._encode_url_with_params_array(url text, params text[]) returns text
language plpgsql immutable strict as $$
begin
  if url !~* '^[a-z][a-z0-9+.-]*://[^/?#\s]+' then
    raise exception 'URL using bad/illegal format or missing URL';
  elsif url !~* '^https?://' then
    raise exception 'Unsupported URL scheme';
  end if;
  if cardinality(params) = 0 then return url; end if;
  return url || case when strpos(url, '?') > 0 then '&' else '?' end || array_to_string(params, '&');
end;
$$;

create or replace function net._params_array(params jsonb) returns text[] language sql immutable as $$
  select coalesce(array_agg(net._urlencode_string(key) || '=' || net._urlencode_string(value)), '{}')
  from jsonb_each_text(coalesce(params, '{}'::jsonb))
$$;

create or replace function net.http_get(
  url text, params jsonb default '{}'::jsonb, headers jsonb default '{}'::jsonb, timeout_milliseconds integer default 5000
) returns bigint language plpgsql volatile as $$
declare
  request_id bigint;
begin
  insert into net.http_request_queue (method, url, headers, timeout_milliseconds)
  values ('GET', net._encode_url_with_params_array(url, net._params_array(params)), headers, timeout_milliseconds)
  returning id into request_id;
  perform net.wake();
  return request_id;
end;
$$;

create or replace function net.http_post(
  url text, body jsonb default '{}'::jsonb, params jsonb default '{}'::jsonb,
  headers jsonb default '{"Content-Type": "application/json"}'::jsonb, timeout_milliseconds integer default 5000
) returns bigint language plpgsql volatile as $$
declare
  request_id bigint;
  content_type text;
begin
  select header.value into content_type
  from jsonb_each_text(coalesce(headers, '{}'::jsonb)) as header
  where lower(header.key) = 'content-type'
  limit 1;
  if content_type is null then
    headers := coalesce(headers, '{}'::jsonb) || '{"Content-Type": "application/json"}'::jsonb;
  elsif content_type <> 'application/json' then
    raise exception 'Content-Type header must be "application/json"';
  end if;
  insert into net.http_request_queue (method, url, headers, body, timeout_milliseconds)
  values (
    'POST', net._encode_url_with_params_array(url, net._params_array(params)), headers,
    convert_to(body::text, 'UTF8'), timeout_milliseconds
  )
  returning id into request_id;
  perform net.wake();
  return request_id;
end;
$$;

create or replace function net.http_delete(
  url text, params jsonb default '{}'::jsonb, headers jsonb default '{}'::jsonb, timeout_milliseconds integer default 5000,
  body jsonb default null
) returns bigint language plpgsql volatile as $$
declare
  request_id bigint;
begin
  insert into net.http_request_queue (method, url, headers, body, timeout_milliseconds)
  values (
    'DELETE', net._encode_url_with_params_array(url, net._params_array(params)), headers,
    convert_to(body::text, 'UTF8'), timeout_milliseconds
  )
  returning id into request_id;
  perform net.wake();
  return request_id;
end;
$$;

-- As the real extension leaves them: anybody may read the queue and its headers.
grant usage on schema net to public;
grant all on all tables in schema net to public;
grant all on all sequences in schema net to public;
grant execute on all functions in schema net to public;
