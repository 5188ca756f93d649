"""The rival of `q` in bench_qr_scans.py: the same call and the same answer, the usual synchronous way.

functions-framework --source scripts/rival_q.py --target q
"""

import os

import crawleruseragents  # type: ignore[import-untyped]
import flask
import functions_framework
import httpx
import ua_parser

DATABASE = httpx.Client(
    base_url=f"{os.environ['SUPABASE_URL']}/rest/v1",
    headers={"apikey": os.environ["SUPABASE_SECRET_KEY"]},
    timeout=10,
)


@functions_framework.http
def q(request: flask.Request) -> flask.typing.ResponseReturnValue:
    """`GET /<code>` → 302 to where the code leads."""
    agent = request.headers.get("User-Agent", "")
    said = ua_parser.parse(agent)
    visitor = {
        "ip": request.headers["X-Forwarded-For"],
        "user_agent": agent,
        "os": said.os.family if said.os else None,
        "browser": said.user_agent.family if said.user_agent else None,
        "bot_reason": "bot" if crawleruseragents.is_crawler(agent) else None,
    }
    answer = DATABASE.post("/rpc/scan_qr", json={"code": request.path.strip("/"), "visitor": visitor})
    return "", 302, {"Location": answer.json()["location"], "Cache-Control": "no-store"}
