-- Web addresses: where a printed code may lead, however the address is written, and how it is shown to people.

-- https://www.rfc-editor.org/rfc/rfc3492 (Punycode)
create function private.decode_punycode(coded text) returns text
  language plpgsql immutable set search_path = ''
as $$
declare
  decoded text := coalesce(substring(coded from '^(.*)-'), '');
  digits text := substring(coded from '[^-]*$');
  place int := 1;
  point int := 128;
  insert_at bigint := 0;
  bias int := 72;
  before bigint;
  weight bigint;
  step int;
  digit int;
  threshold int;
  delta bigint;
begin
  if digits = '' then
    return null;
  end if;
  while place <= char_length(digits) loop
    before := insert_at;
    weight := 1;
    step := 36;
    loop
      digit := strpos('abcdefghijklmnopqrstuvwxyz0123456789', lower(substr(digits, place, 1))) - 1;
      if place > char_length(digits) or digit < 0 or weight > 1000000000 then
        return null;
      end if;
      place := place + 1;
      insert_at := insert_at + digit * weight;
      threshold := least(greatest(step - bias, 1), 26);
      exit when digit < threshold;
      weight := weight * (36 - threshold);
      step := step + 36;
    end loop;
    delta := (insert_at - before) / case when before = 0 then 700 else 2 end;
    delta := delta + delta / (char_length(decoded) + 1);
    step := 0;
    while delta > 455 loop
      delta := delta / 35;
      step := step + 36;
    end loop;
    bias := step + 36 * delta / (delta + 38);
    if insert_at / (char_length(decoded) + 1) > 1114111 - point then
      return null;
    end if;
    point := point + insert_at / (char_length(decoded) + 1);
    insert_at := insert_at % (char_length(decoded) + 1);
    if point between 55296 and 57343 then
      return null; -- half of a pair, no character
    end if;
    decoded := left(decoded, insert_at::int) || chr(point) || substr(decoded, insert_at::int + 1);
    insert_at := insert_at + 1;
  end loop;
  return decoded;
end
$$;
comment on function private.decode_punycode is 'What stands behind xn-- in a label of a host, in letters; null when it is none.';

create function private.percent_decoded(words text) returns text
  language plpgsql immutable set search_path = ''
as $$
begin
  if strpos(words, '%') = 0 then
    return words;
  end if;
  return (
    select convert_from(string_agg(
      case when piece[1] ~ '^%..$' then decode(substr(piece[1], 2), 'hex') else convert_to(piece[1], 'UTF8') end, ''::bytea order by place), 'UTF8')
    from regexp_matches(words, '%[0-9A-Fa-f]{2}|[^%]+|%', 'g') with ordinality as pieces (piece, place)
  );
exception when character_not_in_repertoire or untranslatable_character then
  return null;
end
$$;
comment on function private.percent_decoded is 'A text whose %XX are read as UTF-8; null when they are none.';

-- Every way to write one host ends here in one: case, percent signs, full-width letters and dots, xn--, dots at the end.
create function private.readable_host(host text) returns text
  language sql immutable set search_path = ''
as $$
  select string_agg(coalesce(
    case when label like 'xn--%' then lower(normalize(private.decode_punycode(substr(label, 5)), nfkc)) end, label), '.' order by place)
  from regexp_split_to_table(
    rtrim(replace(lower(normalize(private.percent_decoded(host), nfkc)), '。', '.'), '.'), '\.') with ordinality as labels (label, place)
$$;
comment on function private.readable_host is 'A host in letters, small, as its owner would write it; null when it is none.';

create function private.path_without_detours(path text) returns text
  language plpgsql immutable set search_path = ''
as $$
declare
  part text;
  parts text[] := '{}';
begin
  foreach part in array string_to_array(lower(coalesce(private.percent_decoded(path), path, '')), '/') loop
    if part = '..' then
      parts := parts[:cardinality(parts) - 1];
    elsif part not in ('', '.') then
      parts := parts || part;
    end if;
  end loop;
  return '/' || array_to_string(parts, '/');
end
$$;
comment on function private.path_without_detours is 'The path that a browser asks for, small letters: %XX read, «.» and «..» followed, slashes single.';

create function private.web_address(url text) returns table (host text, port text, path text)
  language sql immutable set search_path = ''
as $$
  select private.readable_host(parts[1]), case when ltrim(parts[2], '0') in ('80', '443') then '' else coalesce(ltrim(parts[2], '0'), '') end,
    private.path_without_detours(parts[3])
  from (select regexp_match(url, '^https?://([^/?#:@]+)(?::([0-9]*))?([^?#]*)', 'i') as parts) as taken
$$;
comment on function private.web_address is 'A web address taken apart, so that two that lead to one place are equal: host in letters, port when it is not the usual one, path without detours.';


-- Our own addresses: a code that led to one would lead to itself. ---------------------------------------------------------

create table private.own_addresses (
  host text not null,
  port text not null,
  path text not null,
  primary key (host, port, path)
);
comment on table private.own_addresses is 'Where codes are opened: under QR_URL, the functions, the site''s /q. Written from platform_settings.';
alter table private.own_addresses enable row level security;
-- no grants and no policies: only definer functions read and write it

create function private.keep_own_addresses() returns trigger
  language plpgsql volatile security definer set search_path = '' -- definer: the table is private
as $$
begin
  delete from private.own_addresses where true;
  insert into private.own_addresses (host, port, path)
  select distinct a.host, a.port, a.path
  from unnest(array[new.site_url || '/q', new.functions_url, new.qr_url]) as own (url)
  cross join lateral private.web_address(own.url) a
  where a.host is not null;
  return null;
end
$$;
comment on function private.keep_own_addresses is 'Trigger: own_addresses is what the settings say.';

create trigger platform_settings_keep_own_addresses after insert or update on private.platform_settings
  for each row execute function private.keep_own_addresses();

create function private.leads_to_us(url text) returns boolean
  language sql stable security definer set search_path = '' -- definer: the table is private
as $$
  select exists (
    select from private.web_address(url) a
    join private.own_addresses o on o.host = a.host and o.port = a.port
    where o.path in ('/', a.path) or starts_with(a.path, o.path || '/')
  )
$$;
comment on function private.leads_to_us is 'True for an address under one of our own, however it is written.';

-- The usual address is told by its look; whatever is written in another way is taken apart.
create function private.target_url_fault(url text) returns text
  language plpgsql stable security definer set search_path = '' -- definer: the table is private
as $$
declare
  authority text := substring(url from '^[Hh][Tt][Tt][Pp][Ss]?://([^/?#]*)');
  host text;
begin
  if char_length(url) > 2000 then
    return 'too_long';
  end if;
  -- no blanks, nothing a browser would read as something else
  if authority is null or url !~ '^[^\u0001-\u0020"<>\\\u007F-\u00A0\u00AD\u034F\u061C\u115F\u1160\u1680\u17B4\u17B5\u180B-\u180E\u2000-\u200F\u2028-\u202F\u205F-\u206F\u2800\u3000\u3164\uFE00-\uFE0F\uFEFF\uFFA0\uFFF9-\uFFFB]+$' then
    return 'invalid_url';
  end if;
  if authority ~ '^[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*$' and authority !~* '(^|\.)xn--'
    and not exists (select from private.own_addresses o where o.host = lower(authority)) then
    return null;
  end if;
  if strpos(authority, '@') > 0 then
    return 'credentials_in_url';
  end if;
  if authority !~ '^[^:]+(:[0-9]{0,5})?$' then
    return 'invalid_url';
  end if;
  host := private.readable_host(split_part(authority, ':', 1));
  -- letters of any alphabet, digits, hyphens; no label is empty
  if host is null or char_length(host) > 253 or host ~ '[\u0001-\u002C\u002F\u003A-\u0060\u007B-\u00A0\u2000-\u206F\u3000]' or host ~ '(^|\.)(\.|$)' then
    return 'invalid_url';
  end if;
  return case when private.leads_to_us(url) then 'leads_to_itself' end;
end
$$;
comment on function private.target_url_fault is
  'What keeps an address from being where a code leads: too_long (2,000 characters), invalid_url (not http or https, blanks, no host), credentials_in_url (a name or password before @), leads_to_itself (QR_URL, the functions, the site''s /q, however written); null for a good one, and for null.';
grant execute on function private.target_url_fault to authenticated, service_role;

-- A host whose letters mix alphabets within a word is shown as it is asked for: it may look like another's.
create function private.readable_url(url text) returns text
  language sql immutable set search_path = ''
as $$
  select case when parts[2] ~* '(^|\.)xn--' and not private.mixes_scripts(private.readable_host(parts[2]))
    then parts[1] || private.readable_host(parts[2]) || parts[3] else url end
  from (select regexp_match(url, '^(https?://)([^/?#:@]+)(.*)$', 'i') as parts) as taken
$$;
comment on function private.readable_url is 'An address as it is shown to people: xn-- in letters, unless they mix alphabets.';
