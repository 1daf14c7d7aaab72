"""Form Post OP: the modules of Basic OP once more, with response_mode=form_post."""
from ..suite import Plan
from .basic import BASIC

FORM_POST = Plan(
    "form-post", "Form Post OP", "oidcc-", standing={"response_mode": "form_post"},
    reproduced="from the modules of Basic OP; each response has to come by POST, with nothing of it in the address",
).again(BASIC)
