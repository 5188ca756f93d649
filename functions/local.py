"""All functions in one process, as the local stack runs them: `uvicorn --app-dir functions local:app`.

Each stands under /functions/v1/<name>, where Supabase would have its own functions, with the same two
routes the functions framework gives a function that is deployed alone.
"""

from core import logs
from core.settings import settings
from main import FUNCTIONS, entry_point
from starlette.applications import Starlette
from starlette.routing import Route

METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]

# Functions that are not told what they need fail here, and not before the first caller.
logs.configure(settings().secrets())

app = Starlette(
    routes=[
        Route(f"/functions/v1/{name}{rest}", entry_point(name), methods=METHODS)
        for name in FUNCTIONS
        for rest in ("", "/{path:path}")
    ]
)
