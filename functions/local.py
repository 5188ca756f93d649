"""All functions in one process, as the local stack runs them: `uvicorn --app-dir functions local:app`.

Each stands under /functions/v1/<name>, where Supabase would have its own functions, with the same two
routes the functions framework gives a function that is deployed alone.
"""

import main
from starlette.applications import Starlette
from starlette.routing import Route

METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
FUNCTIONS = {
    "checkout": main.checkout,
    "payment_status": main.payment_status,
    "yookassa_webhook": main.yookassa_webhook,
    "payment_sweep": main.payment_sweep,
    "subscription_renewal": main.subscription_renewal,
    "refund": main.refund,
    "payment_refetch": main.payment_refetch,
    "status_expiry": main.status_expiry,
    "organization_cleanup": main.organization_cleanup,
    "deliver_email": main.deliver_email,
    "unsubscribe": main.unsubscribe,
    "validate_evidence": main.validate_evidence,
    "validate_logo": main.validate_logo,
    "health": main.health,
}

app = Starlette(
    routes=[
        route
        for name, function in FUNCTIONS.items()
        for route in (
            Route(f"/functions/v1/{name}", function, methods=METHODS),
            Route(f"/functions/v1/{name}/{{path:path}}", function, methods=METHODS),
        )
    ]
)
