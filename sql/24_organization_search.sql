-- Finding an organization by the beginnings of its words: of its name, legal name, address and INN.

create function private.plain_tokens(words text) returns text
  language sql immutable set search_path = ''
as $$
  select translate(private.plain_words(words), $chars$.,;:!?()[]{}<>|&*'"`«»„“”’/\_@#№%+=~^$chars$, repeat(' ', 60))
$$;
comment on function private.plain_tokens is 'The words of a name with blanks between them and nothing else: what a search compares.';

-- Apart from organizations, because their rows are answered whole. One row each, always: who joins it loses nobody.
create table private.organization_words (
  organization_id uuid primary key references public.organizations (id) on delete cascade,
  words tsvector not null
);
comment on table private.organization_words is 'The words by which an organization is found, each as it is written: names are not inflected.';
create index organization_words_idx on private.organization_words using gin (words);
-- Of ten thousand words it is known how many have them; a search by any other asks the index.
alter table private.organization_words alter column words set statistics 1000;
alter table private.organization_words enable row level security;
-- no grants and no policies: only definer functions read and write it
create function private.keep_organization_words() returns trigger
  language plpgsql volatile security definer set search_path = '' -- definer: the table is private
as $$
begin
  insert into private.organization_words as w (organization_id, words)
  values (new.id, to_tsvector('pg_catalog.simple', private.plain_tokens(concat_ws(' ', new.name, new.legal_name, new.slug, new.inn))))
  on conflict on constraint organization_words_pkey do update set words = excluded.words;
  return null;
end
$$;
comment on function private.keep_organization_words is 'Trigger: an organization is found by what it is called now.';

create trigger organizations_keep_words after insert or update of name, legal_name, slug, inn on public.organizations
  for each row execute function private.keep_organization_words();

create function private.words_query(typed text) returns tsquery
  language sql immutable set search_path = ''
as $$
  select case when btrim(typed) <> '' then coalesce(to_tsquery('pg_catalog.simple', string_agg('''' || word || ''':*', ' & ')), '') end
  from (
    select word from regexp_split_to_table(private.plain_tokens(left(typed, 200)), ' +') with ordinality as typed_words (word, place)
    where word <> '' order by place limit 10
  ) w
$$;
comment on function private.words_query is 'What asks for organizations in which every typed word begins a word; null when nothing is typed, and what finds nobody when that holds no word.';
