"""A local ЮKassa: its API under /v3, its payment page under /pay/<id>, and control of it all under /simulator.

    YOOKASSA_SHOP_ID=100500 YOOKASSA_SECRET_KEY=test_key python -m yookassa_simulator --port 8700 --data .local/yookassa \\
        --notify http://127.0.0.1:8600/functions/v1/yookassa_webhook/secret

In a test (see control.py for all it can do, control_api.py for the same over HTTP):

    from yookassa_simulator.control import Control

    with Control("http://127.0.0.1:8700") as yookassa:
        yookassa.fault("error", method="POST", path="/v3/payments", committed=True)   # 500, but the payment exists
        …                                                                             # our code creates a payment
        [payment] = yookassa.payments(metadata={"transaction_id": transaction_id})
        yookassa.pay(payment["id"], card="5555555555554444")                          # hold or payment confirmed
        yookassa.wait()                                                               # notifications were answered
        yookassa.plan(payment["id"], reason="insufficient_funds", times=2)            # next two charges decline
        yookassa.advance(14 * 86_400)                                                 # two weeks later
        assert yookassa.count_payments(metadata={"subscription_id": subscription_id}) == 1
"""
