-- Reports of abuse: a fake badge, a false claim, a stolen name. Anybody reports, a moderator decides, the reporter hears what came of it.

create type public.report_kind as enum ('fake_badge', 'false_claim', 'stolen_name', 'other');
create type public.report_outcome as enum ('upheld', 'not_upheld', 'duplicate');

create table public.abuse_reports (
  id uuid primary key default private.new_id(),
  kind public.report_kind not null,
  organization_id uuid references public.organizations (id) on delete restrict,
  url text,
  message text not null,
  email text,
  evidence_paths text[] not null,
  reporter_id uuid references public.profiles (id) on delete set null,
  is_visitor boolean not null,
  outcome public.report_outcome,
  review_comment text,
  reviewed_by uuid references public.profiles (id) on delete set null,
  reviewed_at timestamptz,
  published_at timestamptz,
  unpublished_at timestamptz,
  unpublish_comment text,
  created_at timestamptz not null default now(),
  constraint url_is_an_address check (char_length(url) <= 2000 and private.is_http_url(url)),
  constraint message_fits check (char_length(message) <= 4000),
  constraint it_is_about_something check (organization_id is not null or url is not null or message = ''),
  constraint email_is_an_address check (private.is_email(email) and email = private.canonical_email(email)),
  constraint only_visitors_who_wait_have_an_address check ((is_visitor and outcome is null) = (email is not null)),
  constraint visitors_are_nobody_and_hand_nothing_in check (not is_visitor or (reporter_id is null and evidence_paths = '{}')),
  constraint ten_files_at_most check (cardinality(evidence_paths) <= 10),
  constraint a_review_has_an_outcome check ((outcome is not null) = (reviewed_at is not null)),
  constraint what_was_not_upheld_says_why check (outcome is distinct from 'not_upheld' or btrim(coalesce(review_comment, '')) <> ''),
  constraint comment_fits check (char_length(review_comment) <= 4000),
  constraint only_what_was_upheld_about_somebody_is_published check (published_at is null or (outcome = 'upheld' and organization_id is not null)),
  constraint what_was_unpublished_is_not_shown check (published_at is null or unpublished_at is null),
  constraint only_what_was_upheld_was_unpublished check (unpublished_at is null or (outcome is not distinct from 'upheld' and organization_id is not null)),
  constraint who_unpublishes_says_why check ((unpublished_at is not null) = (btrim(coalesce(unpublish_comment, '')) <> '')),
  constraint unpublish_comment_fits check (char_length(unpublish_comment) <= 4000)
);
comment on table public.abuse_reports is
  'What people and visitors told us of others: fake badges, false claims, stolen names. outcome is null until a moderator decides; published_at: shown, with the kind alone, on the organization''s page.';
comment on column public.abuse_reports.organization_id is 'Whom it is about: one with a public page; null: nobody we know, then url says where it was seen.';
comment on column public.abuse_reports.email is 'A visitor''s as they typed it, so nobody has shown that it is theirs; forgotten with the decision, which is what it was given for.';
comment on column public.abuse_reports.unpublished_at is 'It was published by mistake, and is shown no longer since then; unpublish_comment: why, which the organization is told.';
comment on column public.abuse_reports.reporter_id is 'Who reported; null: a visitor (is_visitor), or somebody who is gone.';
create index abuse_reports_open_idx on public.abuse_reports (created_at, id) where outcome is null;
create index abuse_reports_outcome_idx on public.abuse_reports (outcome, created_at, id) where outcome is not null;
create index abuse_reports_kind_idx on public.abuse_reports (kind, created_at, id);
create index abuse_reports_reviewed_at_idx on public.abuse_reports (reviewed_at desc) where outcome is not null;
create index abuse_reports_created_at_idx on public.abuse_reports (created_at, id);
create index abuse_reports_organization_id_idx on public.abuse_reports (organization_id, published_at desc);
create index abuse_reports_reporter_id_idx on public.abuse_reports (reporter_id);
create index abuse_reports_reviewed_by_idx on public.abuse_reports (reviewed_by);

alter table public.abuse_reports enable row level security;
grant select on public.abuse_reports to authenticated, service_role;
create policy "platform admins read the reports" on public.abuse_reports
  for select to authenticated
  using ((select private.is_platform_admin()));
-- who reported is told what came of it, and whom it is about never reads who reported
-- insert, update, delete are not granted: the RPCs below are the only way
create function public.report_abuse(
  kind text, organization_id uuid default null, url text default null, message text default null, email text default null,
  evidence_paths text[] default '{}'
) returns jsonb
  language plpgsql volatile security definer set search_path = '' -- definer: visitors report too, and nobody may insert
as $$
declare
  caller uuid := auth.uid();
  faults jsonb;
  report public.abuse_reports;
begin
  url := nullif(btrim(url), '');
  message := btrim(coalesce(message, ''));
  email := case when caller is null then btrim(coalesce(email, '')) end;
  evidence_paths := coalesce(evidence_paths, '{}');
  if caller is not null then
    perform private.require_confirmed_email(); -- the answer goes there
  elsif cardinality(evidence_paths) > 0 then
    perform private.require_sign_in();
  end if;
  select jsonb_agg(jsonb_build_object('field', field, 'code', code)) into faults
  from (values
    ('kind', case when coalesce(kind, '') = '' then 'required' when kind <> all (enum_range(null::public.report_kind)::text[]) then 'unknown' end),
    ('organization_id', case when organization_id is not null and not exists (
                          select from public.organizations o where o.id = report_abuse.organization_id and o.first_level_at is not null
                        ) then 'unknown' end),
    ('url', case when url is null and organization_id is null then 'required' when char_length(url) > 2000 then 'too_long'
                 when not private.is_http_url(url) then 'invalid_url' end),
    ('message', case when private.visible_length(message) = 0 then 'required' when char_length(message) > 4000 then 'too_long' end),
    ('email', case when email = '' then 'required' else private.email_fault(email) end),
    ('evidence_paths', case when cardinality(evidence_paths) > 10 then 'too_many' end)
  ) as checked (field, code)
  where code is not null;
  if faults is not null then
    perform private.refuse('invalid_input', faults::text);
  end if;
  email := private.canonical_email(email);
  if caller is null then
    perform private.count_a_day_or_refuse('report-from:' || encode(sha256(convert_to(email, 'UTF8')), 'hex'), 5, '1 hour');
    perform private.count_a_day_or_refuse('report-visitors', 100, '1 hour'); -- people who signed in come through all the same
  else
    perform private.count_a_day_or_refuse('report:' || caller, 5, '1 hour');
  end if;
  perform private.require_own_papers(evidence_paths, caller);
  insert into public.abuse_reports (kind, organization_id, url, message, email, evidence_paths, reporter_id, is_visitor)
  values (kind::public.report_kind, organization_id, url, message, email, evidence_paths, caller, caller is null)
  returning * into report;
  return jsonb_build_object('report_id', report.id);
end
$$;
comment on function public.report_abuse is
  'Public: a fake badge, a false claim, a stolen name (kind: fake_badge, false_claim, stolen_name, other), of an organization with a public page, or at an address (url). Visitors give an e-mail address, people are told what came of it in the app as well. evidence_paths: signed-in people''s own files at status-evidence/claims/<user_id>/…, accepted by validate_evidence first. Whom it is about is not told. Answers {report_id}. 401 sign_in_required (evidence), 403 email_not_confirmed, 422 invalid_input or media_not_validated, 429 too_many_requests beyond 5 an hour by one person or from one address, 100 by all visitors.';
grant execute on function public.report_abuse to anon, authenticated;

create function public.review_report(report_id uuid, outcome text, comment text default null, publish boolean default false)
  returns public.abuse_reports
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may update
as $$
declare
  caller uuid := private.act_as_platform_admin(
    'review_report', (select r.organization_id from public.abuse_reports r where r.id = report_id), report_id::text,
    jsonb_build_object('outcome', left(outcome, 20), 'publish', coalesce(publish, false)));
  report public.abuse_reports;
  waiting public.abuse_reports;
  told jsonb;
  faults jsonb;
begin
  publish := coalesce(publish, false);
  comment := nullif(btrim(comment), '');
  select * into waiting from public.abuse_reports r where r.id = review_report.report_id for update;
  if not found then
    perform private.refuse('not_found', 'There is no such report.');
  end if;
  select jsonb_agg(jsonb_build_object('field', field, 'code', code)) into faults
  from (values
    ('outcome', case when outcome is null or outcome <> all (enum_range(null::public.report_outcome)::text[]) then 'unknown' end),
    ('comment', case when outcome = 'not_upheld' and coalesce(private.visible_length(comment), 0) = 0 then 'required'
                     when char_length(comment) > 4000 then 'too_long' end),
    ('publish', case when publish and (outcome is distinct from 'upheld' or waiting.organization_id is null) then 'invalid' end)
  ) as checked (field, code)
  where code is not null;
  if faults is not null then
    perform private.refuse('invalid_input', faults::text);
  end if;
  if waiting.outcome is not null then
    perform private.refuse('invalid_transition', 'The report was decided on.');
  end if;
  update public.abuse_reports r
  set outcome = review_report.outcome::public.report_outcome, review_comment = comment, reviewed_by = caller, reviewed_at = now(),
      published_at = case when publish then now() end, email = null
  where r.id = waiting.id
  returning * into report;

  -- Our words only: what a visitor wrote is not carried to an address that nobody has shown to be theirs.
  told := jsonb_build_object(
    'side', 'reporter', 'report_kind', report.kind, 'outcome', report.outcome, 'comment', report.review_comment, 'is_published', publish,
    'organization', null, 'slug', null
  ) || coalesce((
    select jsonb_build_object('organization', o.name, 'slug', o.slug) from public.organizations o where o.id = report.organization_id
  ), '{}');
  if report.reporter_id is not null then
    insert into public.notifications (user_id, kind, data, is_to_be_mailed) values (report.reporter_id, 'report_reviewed', told, true);
  elsif waiting.email is not null then
    insert into public.email_outbox (kind, to_address, locale, data, next_attempt_at)
    values ('report_reviewed', waiting.email, case when report.message ~* '[а-яё]' then 'ru' else 'en' end, told, now());
  end if;
  if publish then
    perform private.notify(report.organization_id, 'report_reviewed', told || '{"side": "organization", "comment": null}');
  end if;
  return report;
end
$$;
comment on function public.review_report is
  'Platform admins: outcome upheld, not_upheld (with a comment) or duplicate; publish: an upheld one is shown on the organization''s page, with its kind and date alone, and the organization is told. Who reported is told outcome and comment: in the app and by e-mail, a visitor by e-mail, whose address is then forgotten. 403 not_allowed, 404 not_found, 409 invalid_transition (decided on), 422 invalid_input.';
grant execute on function public.review_report to authenticated;

create function public.unpublish_report(report_id uuid, comment text) returns public.abuse_reports
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may update
as $$
declare
  report public.abuse_reports;
begin
  perform private.act_as_platform_admin(
    'unpublish_report', (select r.organization_id from public.abuse_reports r where r.id = report_id), report_id::text);
  select * into report from public.abuse_reports r where r.id = unpublish_report.report_id for update;
  if not found then
    perform private.refuse('not_found', 'There is no such report.');
  end if;
  if coalesce(private.visible_length(comment), 0) = 0 then
    perform private.refuse('invalid_input', '[{"field": "comment", "code": "required"}]');
  elsif char_length(btrim(comment)) > 4000 then
    perform private.refuse('invalid_input', '[{"field": "comment", "code": "too_long"}]');
  end if;
  if report.published_at is null then
    perform private.refuse('invalid_transition', 'The report is not published.');
  end if;
  update public.abuse_reports r set published_at = null, unpublished_at = now(), unpublish_comment = btrim(comment)
  where r.id = report.id
  returning * into report;
  perform private.notify(report.organization_id, 'report_reviewed', jsonb_build_object(
    'side', 'organization', 'report_kind', report.kind, 'outcome', report.outcome, 'comment', report.unpublish_comment, 'is_published', false)
    || (select jsonb_build_object('organization', o.name, 'slug', o.slug) from public.organizations o where o.id = report.organization_id));
  return report;
end
$$;
comment on function public.unpublish_report is
  'Platform admins: what was published by mistake is shown on the organization''s page no longer; the organization is told why. Who reported is not, and the decision stays. 403 not_allowed, 404 not_found, 409 invalid_transition (not published), 422 invalid_input (a comment is needed).';
grant execute on function public.unpublish_report to authenticated;

create function private.is_shown(report public.abuse_reports) returns boolean
  language sql stable security definer set search_path = '' -- definer: visitors have no right to the tables
as $$
  select report.published_at is not null
    -- what was found of those to whom it did not belong is not said of those to whom it was given back
    and not exists (
      select from public.organization_claims c
      where c.organization_id = report.organization_id and c.outcome = 'handed_over' and c.reviewed_at > report.published_at)
$$;
comment on function private.is_shown is
  'Whether everybody is told that this report was upheld, and about whom: it is published, and the organization was not handed over to its true owner since.';

create function private.published_reports(organization_id uuid) returns jsonb
  language sql stable security definer set search_path = '' -- definer: visitors have no right to the table
as $$
  select coalesce(jsonb_agg(jsonb_build_object(
    'kind', r.kind, 'outcome', r.outcome, 'published_at', r.published_at) order by r.published_at desc, r.id), '[]')
  from public.abuse_reports r
  where r.organization_id = published_reports.organization_id and private.is_shown(r)
$$;
comment on function private.published_reports is
  'What everybody is told of upheld reports about an organization, the newest first: [{kind, outcome, published_at}]; those from before it was handed over to its true owner are not among them.';


-- What became of all of them -----------------------------------------------------------------------------------------------

-- Counted as they come and are decided: to count a million anew for each visitor takes too long.
create table private.report_totals (
  is_one boolean primary key default true,
  waiting bigint not null default 0,
  upheld bigint not null default 0,
  not_upheld bigint not null default 0,
  duplicate bigint not null default 0,
  constraint there_is_one_row check (is_one)
);
comment on table private.report_totals is 'How many reports wait, and how many were decided which way.';
insert into private.report_totals default values;
alter table private.report_totals enable row level security;
-- no grants and no policies: only definer functions read and write it

create function private.count_reports() returns trigger
  language plpgsql volatile security definer set search_path = '' -- definer: the table is private
as $$
declare
  is_here constant int := (tg_op <> 'DELETE')::int;
  was_here constant int := (tg_op <> 'INSERT')::int;
  outcome constant text := case when is_here = 1 then coalesce(new.outcome::text, 'waiting') end;
  before constant text := case when was_here = 1 then coalesce(old.outcome::text, 'waiting') end;
begin
  update private.report_totals t
  set waiting = t.waiting + (outcome is not distinct from 'waiting')::int - (before is not distinct from 'waiting')::int,
      upheld = t.upheld + (outcome is not distinct from 'upheld')::int - (before is not distinct from 'upheld')::int,
      not_upheld = t.not_upheld + (outcome is not distinct from 'not_upheld')::int - (before is not distinct from 'not_upheld')::int,
      duplicate = t.duplicate + (outcome is not distinct from 'duplicate')::int - (before is not distinct from 'duplicate')::int;
  return null;
end
$$;
comment on function private.count_reports is 'Trigger: private.report_totals says how many there are of each outcome.';
create trigger reports_are_counted after insert or update of outcome or delete on public.abuse_reports
  for each row execute function private.count_reports();

create function public.list_report_outcomes(after text default null, max_items int default 20) returns jsonb
  language plpgsql stable security definer set search_path = '' -- definer: visitors have no right to the table
as $$
declare
  beyond timestamptz;
  tie text;
  decided public.abuse_reports[];
begin
  if max_items is null or max_items not between 1 and 100 then
    perform private.refuse('invalid_input', '[{"field": "max_items", "code": "out_of_range"}]', 'From 1 to 100.');
  end if;
  if after !~ '^[0-9]{1,16}\.[0-9a-f]{32}$' then
    perform private.refuse('invalid_input', '[{"field": "after", "code": "invalid"}]', 'Give what the page before answered as "next".');
  end if;
  beyond := coalesce(timestamptz 'epoch' + split_part(after, '.', 1)::bigint * interval '1 microsecond', 'infinity');
  tie := coalesce(split_part(after, '.', 2), '');
  -- By the decision, and those of one moment by a digest: an id says when the report was written.
  decided := array(
    select r from public.abuse_reports r
    where r.outcome is not null and r.reviewed_at <= beyond and (r.reviewed_at, md5(r.id::text)) < (beyond, tie)
    order by r.reviewed_at desc, md5(r.id::text) desc
    limit max_items + 1
  );
  return jsonb_build_object(
    'items', (
      select coalesce(jsonb_agg(jsonb_build_object(
        'kind', d.kind, 'outcome', d.outcome,
        'reported_on', (d.created_at at time zone 'Europe/Moscow')::date, 'decided_on', (d.reviewed_at at time zone 'Europe/Moscow')::date,
        'organization', case when s.is_shown then (
          select jsonb_build_object('name', o.name, 'slug', o.slug) from public.organizations o where o.id = d.organization_id) end,
        'unpublished_on', (d.unpublished_at at time zone 'Europe/Moscow')::date
      ) order by d.reviewed_at desc, md5(d.id::text) desc), '[]')
      from unnest(decided[1:max_items]) as d
      cross join lateral (select private.is_shown(d) as is_shown) as s
    ),
    'next', case when cardinality(decided) > max_items then
      (extract(epoch from (decided[max_items]).reviewed_at) * 1000000)::bigint || '.' || md5((decided[max_items]).id::text) end,
    'totals', (
      select jsonb_build_object('waiting', t.waiting, 'upheld', t.upheld, 'not_upheld', t.not_upheld, 'duplicate', t.duplicate)
      from private.report_totals t
    )
  );
end
$$;
comment on function public.list_report_outcomes is
  'Public: what became of reports, the last decided first: {items: [{kind, outcome: upheld|not_upheld|duplicate, reported_on, decided_on, organization: null|{name, slug}, unpublished_on}], next, totals: {waiting, upheld, not_upheld, duplicate}}; dates by Moscow''s calendar, nothing of who reported or of what they wrote. organization: only where it was upheld and is published; unpublished_on: it was named by mistake until then. 422 invalid_input.';
grant execute on function public.list_report_outcomes to anon, authenticated, service_role;


-- What is left behind ------------------------------------------------------------------------------------------------------

create function private.forget_reports() returns void
  language sql volatile security definer set search_path = '' -- definer: nobody may delete
as $$
  delete from public.abuse_reports r where r.outcome is null and r.reporter_id is null and not r.is_visitor;
  update public.abuse_reports r set message = '', url = null, evidence_paths = '{}'
  where r.outcome is not null and r.message <> '' and (
    (r.reporter_id is null and not r.is_visitor)
    or exists (select from public.organizations o where o.id = r.organization_id and o.deleted_at is not null))
$$;
comment on function private.forget_reports is
  'What was decided stays; the words and papers of whoever is gone, and those about an organization that is deleted, go. What somebody who is gone reported, and nobody decided on, goes whole.';

create function private.forget_unnamed_papers(as_of timestamptz) returns void
  language sql volatile security definer set search_path = '' -- definer: nobody may delete
as $$
  -- The file itself goes with stale_files: nothing is accepted there any more.
  delete from public.evidence_files f
  where f.path in (
    select e.path from public.evidence_files e
    where e.organization_id is null and e.validated_at <= as_of - interval '24 hours'
      and not exists (select from public.organization_claims c where e.path = any (c.evidence_paths))
      and not exists (select from public.abuse_reports r where e.path = any (r.evidence_paths))
    for update skip locked -- one that is being handed in just now
  )
$$;
comment on function private.forget_unnamed_papers is
  'People''s papers (claims/…) that neither a claim nor a report names a day after they were looked at are accepted no longer.';
