"""How a test talks with a client: an order is a line of JSON on stdin, its outcome a line of JSON on stdout."""

import json
import sys


def converse(scenarios):
    """Carries out orders `{"do": name, "with": {...}}` until stdin ends."""
    for line in sys.stdin:
        order = json.loads(line)
        try:
            outcome = {"did": scenarios[order["do"]](**order["with"])}
        except Exception as error:
            outcome = {"raised": describe(error)}
        print(json.dumps(outcome), flush=True)


def describe(error):
    """What a program can know of an exception: every class that would catch it, and what the SDK put on it."""
    if isinstance(error, BaseExceptionGroup) and len(error.exceptions) == 1:
        return describe(error.exceptions[0])
    return {
        "classes": [kind.__name__ for kind in type(error).__mro__],
        "message": str(error),
        "code": getattr(error, "code", None),
        "param": getattr(error, "param", None),
        "status": getattr(error, "status_code", None),
        "request_id": getattr(error, "request_id", None),
        "headers": headers_of(getattr(error, "response", None)),
    }


def headers_of(response):
    return {} if response is None else dict(response.headers)
