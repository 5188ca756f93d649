"""Money: checkout, what ЮKassa notifies of, renewals, refunds, and whether the books agree."""
