"""run_job: a platform admin wants a job to run now, and sees what came of it."""

from starlette.requests import Request
from starlette.responses import Response

from core import jobs
from core.database import database
from core.http import Asked, bearer_token, invalid_input, read
from core.schedule import schedule


class Wanted(Asked):
    """The job: the name of its function."""

    job: str


async def answer(request: Request) -> Response:
    """`{job}` → what that job answers the scheduler. Who may, the database says, and writes down that they did.

    409 `invalid_transition` while it runs: `detail` says since when. 422 `invalid_input` (`job`): there is no such job.
    """
    import main  # the one table of functions; loaded by then, because it loaded this

    person = database().as_person(bearer_token(request))
    job = (await read(request, Wanted)).job
    if job not in {each.function for each in schedule()}:
        raise invalid_input("job", "unknown")
    with jobs.begun(await person.call("begin_job", job=job)):
        return await main.load(job)(request)
