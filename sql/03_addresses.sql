-- E-mail addresses: which are some, and the one form in which they are kept and compared.

-- What mail servers agree on (RFC 5322 atext, RFC 1123 names): letters of other alphabets before the @ are taken by few of them, and a
-- domain of other letters is written as its A-label (xn--…), which whoever asks us does first.
create function private.email_fault(address text) returns text
  language sql immutable set search_path = ''
as $$
  select case
    when split_part(address, '@', 1) ~ '[^\u0001-\u007F]' then 'local_part_not_ascii'
    when address ~ '[^\u0001-\u007F]' then 'domain_not_ascii'
    when address !~ '^[A-Za-z0-9!#$%&''*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&''*+/=?^_`{|}~-]+)*@([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z][A-Za-z0-9-]{0,61}[A-Za-z0-9]$'
      or char_length(address) > 254 or char_length(split_part(address, '@', 1)) > 64 then 'invalid_email'
  end
$$;
comment on function private.email_fault is
  'What keeps a text from being an e-mail address: local_part_not_ascii, domain_not_ascii (write it as xn--…), invalid_email; null for a good one, and for null.';
grant execute on function private.email_fault to authenticated, service_role;

create function private.is_email(address text) returns boolean
  language sql immutable set search_path = ''
as $$
  select case when address is not null then private.email_fault(address) is null end
$$;
comment on function private.is_email is 'True for what is written as one e-mail address; whether it exists, only a message can tell.';
grant execute on function private.is_email to authenticated, service_role;

-- Punycode (RFC 3492): what stands in the domain name system for a label of other letters.
create function private.a_label(label text) returns text
  language plpgsql immutable set search_path = ''
as $$
declare
  points int[] := array(select ascii(letter) from regexp_split_to_table(label, '') with ordinality as l (letter, place) order by place);
  written text := regexp_replace(label, '[^\u0001-\u007F]', '', 'g');
  basic int := char_length(written);
  handled int := basic;
  bias int := 72;
  n int := 128;
  next_n int;
  delta bigint := 0;
  digit bigint;
  q bigint;
  k int;
  threshold int;
  point int;
begin
  if basic = char_length(label) then
    return label;
  end if;
  written := written || case when basic > 0 then '-' else '' end;
  while handled < cardinality(points) loop
    next_n := (select min(p) from unnest(points) p where p >= n);
    delta := delta + (next_n - n)::bigint * (handled + 1);
    n := next_n;
    foreach point in array points loop
      if point < n then
        delta := delta + 1;
      elsif point = n then
        q := delta;
        k := 36;
        loop
          threshold := least(greatest(k - bias, 1), 26);
          exit when q < threshold;
          digit := threshold + (q - threshold) % (36 - threshold);
          written := written || substr('abcdefghijklmnopqrstuvwxyz0123456789', digit::int + 1, 1);
          q := (q - threshold) / (36 - threshold);
          k := k + 36;
        end loop;
        written := written || substr('abcdefghijklmnopqrstuvwxyz0123456789', q::int + 1, 1);
        delta := case when handled = basic then delta / 700 else delta / 2 end;
        delta := delta + delta / (handled + 1);
        k := 0;
        while delta > 455 loop
          delta := delta / 35;
          k := k + 36;
        end loop;
        bias := k + 36 * delta / (delta + 38);
        delta := 0;
        handled := handled + 1;
      end if;
    end loop;
    delta := delta + 1;
    n := n + 1;
  end loop;
  return 'xn--' || written;
end
$$;
comment on function private.a_label is 'A label of a domain as the domain name system holds it: xn--… where it has letters beyond ASCII.';

create function private.canonical_email(address text) returns text
  language sql immutable set search_path = ''
as $$
  select case
    when parts is null or not private.is_one_line(parts[2]) or char_length(parts[2]) > 254 then plain
    else parts[1] || '@' || (
      select string_agg(private.a_label(label), '.' order by place)
      from regexp_split_to_table(replace(normalize(parts[2], nfkc), '。', '.'), '\.') with ordinality as l (label, place))
  end
  from (select lower(normalize(btrim(address, E' \t\r\n\u00A0'), nfc)) as plain) a
  cross join lateral (select regexp_match(plain, '^(.*)@([^@]+)$') as parts) p
$$;
comment on function private.canonical_email is
  'The one form in which addresses are kept and compared: without blanks around it, NFC, lower case, the domain as its A-label. Whether it is an address, email_fault says.';
grant execute on function private.canonical_email to authenticated, service_role;
