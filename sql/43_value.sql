-- Value: what each paid period cost, and what became of it. Credits, limits of refunds, the end of a refunded period and the comparison of the
-- books read this and nothing else.

create table public.subscription_periods (
  id uuid primary key default private.new_id(),
  transaction_id uuid not null references public.payment_transactions (id) on delete cascade,
  -- as in its transaction, which holds the foreign keys: a second way from payments to them would make embedding ambiguous
  organization_id uuid not null,
  subscription_id uuid not null,
  plan_id text not null,
  began_at timestamptz not null,
  ends_at timestamptz not null,
  ended_at timestamptz,
  paid numeric(12, 2) not null,
  credit numeric(12, 2) not null default 0,
  credited_from uuid references public.subscription_periods (transaction_id) on delete cascade,
  bonus_days int not null default 0,
  refunded numeric(12, 2) not null default 0,
  refunding numeric(12, 2) not null default 0,
  credited numeric(12, 2) not null default 0,
  constraint subscription_periods_transaction_id_key unique (transaction_id),
  constraint no_amount_is_negative check (least(paid, credit, refunded, refunding, credited) >= 0),
  constraint what_was_not_paid_is_not_refunded check (refunded + refunding <= paid),
  constraint no_rouble_goes_two_ways check (refunded + refunding + credited <= paid + credit)
);
comment on table public.subscription_periods is
  'What each paid period cost, in roubles: paid and credit (from the period before), and what became of it: refunded, refunding (on its way back), credited (to the period after), given as bonus_days. What is left is kept for the days from began_at to ends_at, or to ended_at when it ended earlier.';
comment on column public.subscription_periods.credited_from is 'The period that the credit came from.';
create index subscription_periods_subscription_id_idx on public.subscription_periods (subscription_id, began_at desc);
create index subscription_periods_organization_id_idx on public.subscription_periods (organization_id);
create index subscription_periods_credited_from_idx on public.subscription_periods (credited_from);

alter table public.subscription_periods enable row level security;
grant select on public.subscription_periods to authenticated, service_role;
create policy "organization admins and platform admins see what periods cost" on public.subscription_periods
  for select to authenticated
  using (
    organization_id = any (array(select private.organization_ids_where('admin')))
    or ((select private.is_platform_admin()) and organization_id >= private.platform_admins_read_from())
  );
-- insert, update, delete are not granted: payments and refunds write

create function private.running_period(subscription_id uuid) returns public.subscription_periods
  language sql stable security definer set search_path = '' -- definer: payments ask for anyone
as $$
  select p from public.subscription_periods p
  where p.subscription_id = running_period.subscription_id and p.ended_at is null
  order by p.began_at desc, p.transaction_id desc
  limit 1
$$;
comment on function private.running_period is 'The period that a subscription paid for last, while nothing took its place; null without one.';

create function private.period_cost(period public.subscription_periods) returns numeric
  language sql immutable set search_path = ''
as $$
  select coalesce(period.paid + period.credit - period.refunded - period.refunding, 0)
$$;
comment on function private.period_cost is 'What a period cost the customer: paid and credited, less what went back or is on its way.';

create function private.began_late(subscription_id uuid) returns boolean
  language sql stable security definer set search_path = '' -- definer: jobs ask for anyone
as $$
  select coalesce((
    select p.began_at > max(b.ends_at)
    from public.subscription_periods b
    where b.subscription_id = p.subscription_id and b.transaction_id <> p.transaction_id
    having count(*) > 0), false)
  from private.running_period(began_late.subscription_id) p
$$;
comment on function private.began_late is 'True when the running period began after a pause of ours, so that its days are other ones than before.';

-- Every success is a period; what it was credited comes from the one it takes the place of.
create function private.write_period() returns trigger
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may insert
as $$
declare
  before public.subscription_periods := private.running_period(new.subscription_id);
  ends timestamptz;
begin
  update public.subscription_periods p
  set refunded = new.refunded_amount, refunding = least(p.refunding, p.paid - new.refunded_amount)
  where p.transaction_id = new.id;
  if found then
    return null;
  end if;
  select case
    when s.current_period_start = new.period_start then s.current_period_end
    else private.next_period_end(new.period_start, new.period_start, p.period, os.time_zone) + make_interval(days => new.bonus_days)
  end into ends
  from public.subscriptions s, public.subscription_plans p, public.organization_settings os
  where s.id = new.subscription_id and p.id = new.plan_id and os.organization_id = new.organization_id;
  update public.subscription_periods p
  set ended_at = least(p.ends_at, new.period_start), credited = p.credited + new.credit
  where p.transaction_id = before.transaction_id;
  insert into public.subscription_periods
    (transaction_id, organization_id, subscription_id, plan_id, began_at, ends_at, paid, credit, credited_from, bonus_days, refunded)
  values (
    new.id, new.organization_id, new.subscription_id, new.plan_id, new.period_start,
    coalesce(ends, new.period_start), coalesce(new.paid_amount, new.amount),
    case when before.transaction_id is not null then new.credit else 0 end,
    case when new.credit > 0 then before.transaction_id end, new.bonus_days, new.refunded_amount);
  return null;
end
$$;
comment on function private.write_period is 'Trigger: a payment that succeeded is a period, and what was given back of it is no more worth anything.';

create trigger payment_transactions_write_period after insert or update of status, refunded_amount on public.payment_transactions
  for each row when (new.status = 'succeeded' and new.kind in ('first_payment', 'renewal', 'plan_change')
    and new.subscription_id is not null and new.period_start is not null)
  execute function private.write_period();

create function private.close_period(subscription_id uuid, as_of timestamptz) returns void
  language sql volatile security definer set search_path = '' -- definer: nobody may update
as $$
  update public.subscription_periods p set ended_at = least(p.ends_at, as_of)
  where p.subscription_id = close_period.subscription_id and p.ended_at is null
$$;
comment on function private.close_period is 'The running period of a subscription ends, when another way of paying or an end takes its place.';

create function private.close_period_with_its_subscription() returns trigger
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may update
as $$
begin
  perform private.close_period(new.id, 'infinity'); -- who ends one earlier has closed it
  return null;
end
$$;
comment on function private.close_period_with_its_subscription is 'Trigger: with a subscription that is over its running period ends.';

create trigger subscriptions_close_period after update of status on public.subscriptions
  for each row when (private.is_live(old.status) and not private.is_live(new.status))
  execute function private.close_period_with_its_subscription();


-- What is left of it -----------------------------------------------------------------------------------------------------

create function private.unused_worth(subscription public.subscriptions, as_of timestamptz) returns numeric
  language sql stable security definer set search_path = '' -- definer: reads payments
as $$
  select coalesce(round(
    private.period_cost(private.running_period(subscription.id))
    -- from its beginning at the earliest: more than it cost is never left of it
    * greatest(private.days_left(subscription.current_period_end, greatest(as_of, subscription.current_period_start), s.time_zone), 0)
    / greatest(private.days_left(subscription.current_period_end, subscription.current_period_start, s.time_zone), 1), 2), 0)
  from public.organization_settings s
  where s.organization_id = subscription.organization_id
$$;
comment on function private.unused_worth is
  'Roubles that the days left of the paid period cost, the credit it began with included; 0 on trial and when it is over.';

-- What goes back of a period whose money became credit is taken off the period that it was credited to, so that no rouble counts twice.
create function private.take_back_credit(transaction_id uuid, amount numeric) returns void
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may update
as $$
declare
  period public.subscription_periods;
  later public.subscription_periods;
  excess numeric(12, 2);
begin
  select * into period from public.subscription_periods p where p.transaction_id = take_back_credit.transaction_id for update;
  excess := least(amount - (period.paid + period.credit - period.refunded - period.refunding - period.credited), period.credited);
  if not found or excess <= 0 then
    return;
  end if;
  select * into later from public.subscription_periods p where p.credited_from = period.transaction_id for update;
  perform private.take_back_credit(later.transaction_id, excess); -- it may have been credited on
  update public.subscription_periods p set credit = p.credit - excess where p.transaction_id = later.transaction_id;
  update public.subscription_periods p set credited = p.credited - excess where p.transaction_id = period.transaction_id;
end
$$;
comment on function private.take_back_credit is
  'Frees so much of a period''s money from the credit it became, as far as that is needed. The caller has the organization''s lock.';

-- A period whose whole cost, credit included, went back is not paid any more.
create function private.end_refunded(subscription_id uuid, as_of timestamptz) returns void
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may update
as $$
declare
  period public.subscription_periods := private.running_period(subscription_id);
begin
  if period.refunded > 0 and period.refunded >= period.paid + period.credit and exists (
    select from public.subscriptions s where s.id = end_refunded.subscription_id and private.is_live(s.status)
  ) then
    perform private.close_period(subscription_id, as_of);
    perform private.move_subscription(subscription_id, 'canceled', 'refunded', as_of);
  end if;
end
$$;
comment on function private.end_refunded is 'Ends a subscription when all that its running period cost was given back. The caller has the organization''s lock.';
