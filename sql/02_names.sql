-- Names: what may stand for who somebody is. A buyer reads them, our e-mails carry them: so they hold no links, show what they are,
-- and mix no alphabets within a word («Сбербанк» with a Latin «a» is another's name).

create function private.clean_name(words text) returns text
  language sql immutable set search_path = ''
as $$
  select normalize(regexp_replace(
    words, '^[\u0009-\u000D\u0020\u0085\u00A0\u1680\u2000-\u200A\u2028\u2029\u202F\u205F\u3000]+|[\u0009-\u000D\u0020\u0085\u00A0\u1680\u2000-\u200A\u2028\u2029\u202F\u205F\u3000]+$',
    '', 'g'), nfc)
$$;
comment on function private.clean_name is 'The one form in which a name is kept: NFC, without blanks around it.';
grant execute on function private.clean_name to authenticated, service_role;

-- What mail programs and people take for an address: a scheme, www, a domain, an e-mail address, an account, four numbers with dots.
-- Initials and abbreviations («И.П.Иванов», «J.Smith», «St.Petersburg», «им.Ленина») are none.
create function private.contains_link(words text) returns boolean
  language plpgsql immutable set search_path = ''
as $$
declare
  plain text := replace(lower(normalize(words, nfkc)), '。', '.');
begin
  if plain ~ '[a-z][a-z0-9+.-]*://|(^|[^a-z0-9])(www\.|(https?|hxxps?|ftp|mailto|tel|sms|javascript|data|tg|skype|viber|whatsapp):[^ ])'
    or plain ~ '@[a-z0-9_\u0430-\u044F\u0451]{3}'
    or plain ~ '(^|[^0-9])[0-9]{1,3}(\.[0-9]{1,3}){3}([^0-9]|$)'
    or plain ~ '[a-z0-9\u00DF-\uFFEF-]\.(xn--|(рф|рус|бел|укр|мкд|срб|бг|мон|қаз|ею|дети|москва|онлайн|сайт|орг|ком|католик)([^a-z0-9\u00DF-\uFFEF]|$))'
    or plain ~ '[a-z0-9\u00DF-\uFFEF]\.(com|net|org|ru|su|me|co|io|cc|ly|gl|to|be|info|biz|dev|app|link|site|online|top|xyz|club|pro|shop|store|tv|gg|im|ai|eu|us|uk|de|cn|by|kz|ua|am|ge|uz|example|test)([^a-z0-9\u00DF-\uFFEF]|$)'
  then
    return true;
  end if;
  plain := regexp_replace(plain, '(^|[^a-z0-9\u00DF-\uFFEF-])([a-z]|[0-9]{1,3}|dr|st|mr|mrs|ms|jr|sr|prof)\.', '\1', 'g');
  plain := regexp_replace(plain, '(^|[^a-z0-9\u00DF-\uFFEF-])[a-z]\.', '\1', 'g'); -- J.R.Smith
  return plain ~ '[a-z0-9\u00DF-\uFFEF-]\.[a-z]{2}';
end
$$;
comment on function private.contains_link is 'True for a text in which a reader or a mail program would find an address.';

-- Latin, Cyrillic, Greek, and the alphabets that are drawn from their letters; a digit or an accent between two letters parts no word.
create function private.mixes_scripts(words text) returns boolean
  language sql immutable set search_path = ''
as $$
  select words ~ (
    '[' || l || ']' || j || '[' || c || g || o || ']|[' || c || ']' || j || '[' || l || g || o || ']|['
    || g || ']' || j || '[' || l || c || o || ']|[' || o || ']' || j || '[' || l || c || g || ']')
  from (select
    'A-Za-z\u00AA\u00BA\u00C0-\u00D6\u00D8-\u00F6\u00F8-\u02AF\u1D00-\u1D25\u1D6B-\u1D77\u1E00-\u1EFF\u2C60-\u2C7F\uA722-\uA7FF\uAB30-\uAB64\uFB00-\uFB06\uFF21-\uFF3A\uFF41-\uFF5A\U0001D400-\U0001D6A5' as l,
    '\u0400-\u052F\u1C80-\u1C8F\u1D2B\u2DE0-\u2DFF\uA640-\uA69F' as c,
    '\u0370-\u03FF\u1F00-\u1FFF' as g,
    '\u0530-\u05FF\u0600-\u06FF\u10A0-\u10FF\u13A0-\u13FF\u1C90-\u1CBF\u2C80-\u2CFF\uA4D0-\uA4FF\uAB70-\uABBF' as o,
    '[0-9_\u0300-\u036F\u200C\u200D]*' as j
  ) as alphabets
$$;
comment on function private.mixes_scripts is 'True when letters of two alphabets meet within a word.';

create function private.name_fault(words text) returns text
  language sql immutable set search_path = ''
as $$
  select case
    when char_length(words) > 80 then 'too_long'
    -- most names, without a closer look
    when words ~ '^[\u0410-\u044F\u0401\u04510-9 «»"(),&№-]*$' or words ~ '^[A-Za-z0-9 «»"(),&-]*$' then null
    when not private.is_one_line(words)
      or words ~ '[\u00AD\u034F\u115F\u1160\u17B4\u17B5\u180B-\u180F\u200B\u2060-\u206F\u2800\u3164\uFFA0\uFFF9-\uFFFB\U000E0000-\U000E0FFF]' then 'invalid'
    when private.contains_link(words) then 'contains_link'
    when private.mixes_scripts(words) then 'mixed_scripts'
  end
$$;
comment on function private.name_fault is
  'What keeps a text from being a name: too_long (over 80 characters), invalid (line ends, turns of the writing direction, what cannot be seen), contains_link, mixed_scripts; null for a good one, and for null.';

-- Whoever writes, and over whichever way: names are kept clean, and what is none is refused by its field.
create function private.keep_names_clean() returns trigger
  language plpgsql volatile security definer set search_path = '' -- definer: whoever writes has no right to the helpers
as $$
declare
  field text;
  written jsonb := to_jsonb(new);
  before jsonb := case when tg_op = 'UPDATE' then to_jsonb(old) end;
  cleaned text;
  faults jsonb := '[]';
begin
  foreach field in array tg_argv loop
    if written ->> field is not distinct from before ->> field then
      continue;
    end if;
    cleaned := private.clean_name(written ->> field);
    if private.name_fault(cleaned) is not null then
      faults := faults || jsonb_build_object('field', field, 'code', private.name_fault(cleaned));
    elsif cleaned is distinct from written ->> field then
      new := jsonb_populate_record(new, jsonb_build_object(field, cleaned));
    end if;
  end loop;
  if faults <> '[]' then
    perform private.refuse('invalid_input', faults::text, 'A name is at most 80 characters, without links, each word in one alphabet.');
  end if;
  return new;
end
$$;
comment on function private.keep_names_clean is
  'Trigger: the columns that it names hold names: kept in one form, or refused with 422 invalid_input, [{field, code}] as private.name_fault says.';


-- Russian words as they are looked for: «е» for «ё», hyphens and dashes are blanks; otherwise «всё» is no stop word and «мёд - липовый»
-- asks for honey that is not of lime.
create function private.plain_words(words text) returns text
  language sql immutable set search_path = ''
as $$
  select translate(normalize(words, nfc), 'ёЁ-‐‑‒–—―−', 'еЕ        ')
$$;
comment on function private.plain_words is 'A text as it is searched: NFC, е for ё, blanks for hyphens and dashes.';
-- A generated column is computed as whoever writes the row.
grant execute on function private.plain_words to authenticated;
