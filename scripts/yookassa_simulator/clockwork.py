"""The one background task: lets time act (expiries, receipts) and sends the notifications that are due."""

from __future__ import annotations

import asyncio
import contextlib

from . import payment_methods, payments, receipts
from .notifications import Courier
from .shop import Shop


class Clockwork:
    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.courier = Courier(shop)
        self._woken = asyncio.Event()
        self._turned = asyncio.Condition()
        shop.wake = self._woken.set

    async def run(self) -> None:
        while True:
            self._woken.clear()
            self.act()
            self.courier.start_due()
            async with self._turned:
                self._turned.notify_all()
            upcoming = self._next_ms()
            pause = None if upcoming is None else max(0, upcoming - self.shop.clock.now()) / 1000
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._woken.wait(), pause)

    def act(self) -> None:
        """Let everything happen whose time has come."""
        now = self.shop.clock.now()
        with self.shop.store.transaction():
            payments.due(self.shop, now)
            payment_methods.due(self.shop, now)
            receipts.due(self.shop, now)

    async def wait_quiet(self, seconds: float) -> bool:
        """Until no notification is due or under way; False when that took longer."""
        try:
            async with asyncio.timeout(seconds), self._turned:
                await self._turned.wait_for(self.courier.is_quiet)
        except TimeoutError:
            return False
        return True

    def _next_ms(self) -> int | None:
        deadlines = self.shop.store.row(
            "select min(deadline) from ("
            " select min(deadline_ms) as deadline from payments where deadline_ms is not null union all"
            " select min(deadline_ms) from payment_methods where deadline_ms is not null union all"
            " select min(deadline_ms) from receipts where deadline_ms is not null)"
        )
        moments = [deadlines[0] if deadlines else None, self.courier.next_ms()]
        return min((moment for moment in moments if moment is not None), default=None)
