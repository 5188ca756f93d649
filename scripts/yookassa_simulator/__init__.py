"""A local ЮKassa: its API under /v3, its payment page under /pay/<id>, control of it all under /simulator.

    YOOKASSA_SHOP_ID=100500 YOOKASSA_SECRET_KEY=test_key \\
        python -m yookassa_simulator --port 8700 --data .local/yookassa --notify http://127.0.0.1:8600/hook

In a test (control.py has all it can do, control_api.py the same over HTTP):

    from yookassa_simulator.control import Control

    with Control("http://127.0.0.1:8700") as yookassa:
        # The next creation answers 500, though the payment exists.
        yookassa.fault("error", method="POST", path="/v3/payments", committed=True)
        ...  # our code creates a payment
        [payment] = yookassa.payments(metadata={"transaction_id": transaction_id})
        yookassa.pay(payment["id"], card="5555555555554444")  # the payer confirms
        yookassa.wait()  # our webhook has answered
        yookassa.plan(payment["id"], reason="insufficient_funds", times=2)  # two charges will be declined
        yookassa.advance(14 * 86_400)  # two weeks later
        assert yookassa.count_payments(metadata={"subscription_id": subscription_id}) == 1
"""
