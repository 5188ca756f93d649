"""What the tests share. Each thing stands here once:

people      somebody at the API: signed up, signed in, refused
env         a running stack with a clock the test moves; `customer`: somebody with an organization there
db          the same people straight at Postgres, and ЮKassa's objects as the database is told them
yookassa    the ЮKassa of an Env; `simulator`: a simulator by itself, its shop and the receiver of its notifications
mail        a mail server that can be shut, hold e-mails back, refuse people and die over an e-mail; `mailbox`: the mail sink
contract    a Supabase that is held to its contract
server      a server a test starts for itself
waiting     until something is so; several things at once

A person signs up in scripts/accounts.py, a random INN comes from scripts/inn.py: scripts need both too.
"""
