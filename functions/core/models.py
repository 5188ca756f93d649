"""The base of every model of what comes from outside."""

from pydantic import BaseModel, ConfigDict


class Model(BaseModel):
    """Not changed once it is read; fields it does not know are left out, and no error message repeats what was given."""

    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)
