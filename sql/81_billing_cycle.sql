-- The hourly job of billing: notices before a charge, ends of trials, periods and grace. Charges themselves: 49_charges.


-- Notices before money is taken or a level is lost -----------------------------------------------------------------------

create table public.billing_notices (
  subscription_id uuid not null references public.subscriptions (id) on delete cascade,
  kind text not null references public.notification_kinds (kind),
  due_at timestamptz not null,
  days int not null,
  noticed_at timestamptz not null,
  primary key (subscription_id, kind, due_at, days)
);
comment on table public.billing_notices is 'That an organization was told of a charge or an end: once per subscription, kind, date and number of days.';
create index billing_notices_kind_idx on public.billing_notices (kind);
alter table public.billing_notices enable row level security;
grant select on public.billing_notices to authenticated, service_role;
create policy "platform admins see the notices of billing" on public.billing_notices
  for select to authenticated
  using ((select private.is_platform_admin()));
-- insert, update, delete are not granted: only the billing cycle writes
create function private.send_billing_notices(as_of timestamptz, max_rows int) returns int
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may insert
as $$
declare
  counted int;
begin
  with rules (kind, days) as (
    -- the nearest one alone, so that a run that was missed is caught up without a pile of e-mails
    values ('trial_ending', 3), ('trial_ending', 1), ('renewal_coming', 7), ('grace_ending', 3), ('grace_ending', 1)
  ), upcoming as (
    select s.id, s.organization_id, 'trial_ending' as kind, s.trial_ends_at as due_at
    from public.subscriptions s where s.status = 'trialing' and s.trial_ends_at > as_of and s.trial_ends_at < as_of + interval '5 days'
    union all
    select s.id, s.organization_id, 'renewal_coming', s.current_period_end
    from public.subscriptions s join public.subscription_plans p on p.id = s.plan_id
    where s.status = 'active' and not s.cancel_at_period_end
      and (p.period = 'year' or private.began_late(s.id)) -- a month's day is known, unless a pause of ours moved it
      and s.current_period_end > as_of and s.current_period_end < as_of + interval '9 days'
    union all
    select s.id, s.organization_id, 'grace_ending', s.grace_until
    from public.subscriptions s where s.status = 'past_due' and s.grace_until > as_of and s.grace_until < as_of + interval '5 days'
  ), due as (
    select u.*, d.days_left, (select min(r.days) from rules r where r.kind = u.kind and r.days >= d.days_left) as days
    from upcoming u
    join public.organization_settings os on os.organization_id = u.organization_id
    cross join lateral (select private.days_left(u.due_at, as_of, os.time_zone)) as d (days_left)
  ), noticed as (
    insert into public.billing_notices (subscription_id, kind, due_at, days, noticed_at)
    select d.id, d.kind, d.due_at, d.days, as_of
    from due d
    where d.days is not null and not exists (
      select from public.billing_notices n
      where n.subscription_id = d.id and n.kind = d.kind and n.due_at = d.due_at and n.days <= d.days)
    limit max_rows
    on conflict do nothing
    returning subscription_id, kind, due_at
  ), told as (
    select n.kind, array_agg(d.organization_id) as organization_ids, array_agg(private.coming_period(s) || jsonb_build_object(
      'due_at', d.due_at, 'days_left', d.days_left, 'will_be_charged', s.next_charge_at is not null and s.payment_method_id is not null)) as data
    from noticed n
    join due d on d.id = n.subscription_id and d.kind = n.kind and d.due_at = n.due_at
    join public.subscriptions s on s.id = d.id
    group by n.kind
  ), sent as (
    select private.notify_many(t.organization_ids, t.kind, t.data, as_of) from told t
  )
  select (select count(*) from noticed) into counted from (select count(*) from sent) as done;
  return counted;
end
$$;
comment on function private.send_billing_notices is 'Tells of trials that end in 3 and 1 days, yearly renewals in 7, and grace that ends in 3 and 1; how many.';


-- The billing cycle: ends of trials, periods and grace -------------------------------------------------------------------

create function public.run_billing_cycle(as_of timestamptz default now(), max_rows int default null) returns jsonb
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may update
as $$
declare
  subscription record;
  accepted int;
  noticed int;
  canceled int;
  cardless int := 0;
  expired int;
begin
  if not private.is_service() then
    perform private.refuse('not_allowed', 'Only the service key runs jobs.');
  end if;
  accepted := private.accept_mended(as_of);
  perform private.apply_plan_prices(as_of);
  noticed := private.send_billing_notices(as_of, max_rows) + private.notice_prices(as_of, max_rows);

  canceled := private.end_cancelled(as_of, max_rows);

  for subscription in -- due, and there is no card to charge
    select s.id from public.subscriptions s join public.organizations o on o.id = s.organization_id
    where s.next_charge_at <= as_of and s.payment_method_id is null
    order by s.next_charge_at limit max_rows
    for no key update of o, s skip locked
  loop
    perform private.decline_subscription(subscription.id, 'no_payment_method', as_of);
    cardless := cardless + 1;
  end loop;

  expired := private.end_grace(as_of, max_rows, interval '100 years'); -- what is due is tried right after this
  return jsonb_build_object(
    'as_of', as_of, 'accepted', accepted, 'noticed', noticed, 'canceled', canceled, 'without_card', cardless, 'grace_ended', expired,
    'more', coalesce(greatest(noticed, canceled, cardless, expired) >= max_rows, false)
  );
end
$$;
comment on function public.run_billing_cycle is
  'Service key only, hourly: {as_of, accepted, noticed, canceled, without_card, grace_ended, more}; accepted: payments that only our own wrong settings had put aside; with max_rows, at most so many of a kind in one call: call again while more is true. Running it twice changes nothing.';
grant execute on function public.run_billing_cycle to service_role;


-- Prices -----------------------------------------------------------------------------------------------------------------

create function public.set_plan_price(plan_id text, amount numeric, valid_from timestamptz default now()) returns jsonb
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may insert
as $$
declare
  caller uuid := private.act_as_platform_admin(
    'set_plan_price', null, plan_id, jsonb_build_object('amount', left(amount::text, 20), 'valid_from', valid_from));
begin
  if not exists (select from public.subscription_plans p where p.id = set_plan_price.plan_id) then
    perform private.refuse('not_found', 'There is no such plan.');
  end if;
  if amount is null or amount < 1 or amount >= 1000000 or amount <> round(amount, 2) then
    perform private.refuse('invalid_input', '[{"field": "amount", "code": "out_of_range"}]', 'From 1.00 to 999999.99.');
  end if;
  if valid_from is null or valid_from < now() then
    perform private.refuse('invalid_input', '[{"field": "valid_from", "code": "in_the_past"}]', 'What was is not changed.');
  elsif not private.is_a_term(valid_from) then
    perform private.refuse('invalid_input', '[{"field": "valid_from", "code": "invalid"}]', 'Within 50 years.');
  end if;
  insert into public.plan_prices as v (plan_id, amount, valid_from, created_by)
  values (set_plan_price.plan_id, set_plan_price.amount, set_plan_price.valid_from, caller)
  on conflict on constraint plan_prices_pkey do update set amount = excluded.amount, created_by = excluded.created_by;
  perform private.apply_plan_prices(now());
  return jsonb_build_object('plan_id', plan_id, 'amount', amount::text, 'valid_from', valid_from);
end
$$;
comment on function public.set_plan_price is
  'Platform admins: a plan costs so much from that moment on. Who holds it is told of both prices, and pays the new one at the first charge after 30 days. Answers {plan_id, amount, valid_from}. 403 not_allowed, 404 not_found, 422 invalid_input.';
grant execute on function public.set_plan_price to authenticated;
