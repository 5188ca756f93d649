"""The rival of `yookassa_webhook` in bench_billing.py: the same checks and the same call, the usual synchronous way.

    functions-framework --source scripts/rival_webhook.py --target yookassa_webhook

It stores and does not settle; it is measured with webhooks that there is nothing to settle of.
"""

import hmac
import ipaddress
import json
import os

import flask
import functions_framework
import httpx

SECRET = os.environ["YOOKASSA_WEBHOOK_SECRET"]
NETWORKS = [ipaddress.ip_network("185.71.76.0/27"), ipaddress.ip_network("77.75.153.0/25")]
DATABASE = httpx.Client(
    base_url=f"{os.environ['SUPABASE_URL']}/rest/v1",
    headers={"apikey": os.environ["SUPABASE_SECRET_KEY"], "Content-Type": "application/json"},
    timeout=10,
)


@functions_framework.http
def yookassa_webhook(request: flask.Request) -> flask.typing.ResponseReturnValue:
    """`POST /<secret>` with a webhook → 200, once it is stored."""
    if not hmac.compare_digest(request.path.strip("/"), SECRET):
        return {"error": "not_found"}, 404
    address = ipaddress.ip_address(request.headers["X-Forwarded-For"].rpartition(",")[2].strip())
    if not any(address in network for network in NETWORKS):
        return {"error": "address_not_allowed"}, 403
    payload = json.loads(request.get_data())
    body = json.dumps({"payload": payload, "remote_ip": str(address)})
    answer = DATABASE.post("/rpc/receive_notification", content=body)
    if answer.is_error:
        return {"error": "unavailable"}, 503
    return {"notification_id": answer.json()["notification_id"]}, 200
