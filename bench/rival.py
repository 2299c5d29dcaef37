"""Serves the same answers, with the request read through fhir.resources (R4B) first.

The second argument says how: `built` makes a model of every resource and throws it away; `used`
goes on with what the models hold, written by the models themselves, as a service must whose data
really come through them.
"""

import json
import sys

from fhir.resources.R4B import get_fhir_model_class
from starlette.requests import Request

from bench import ours
from service import calls

_read_body = calls.read_body


async def _built(request: Request, limit: int) -> bytes:
    """Give the body as sent, after a model was built of every resource in its prefetch."""
    body = await _read_body(request, limit)
    for resource in json.loads(body)["prefetch"].values():
        get_fhir_model_class(resource["resourceType"]).model_validate(resource)
    return body


async def _used(request: Request, limit: int) -> bytes:
    """Give the body with every resource in its prefetch as its model writes it."""
    call = json.loads(await _read_body(request, limit))
    prefetch = []
    for key, resource in call.pop("prefetch").items():
        model = get_fhir_model_class(resource["resourceType"]).model_validate(resource)
        prefetch.append(f"{json.dumps(key)}: {model.model_dump_json()}")
    return f'{json.dumps(call)[:-1]}, "prefetch": {{{", ".join(prefetch)}}}}}'.encode()


if __name__ == "__main__":
    calls.read_body = {"built": _built, "used": _used}[sys.argv[2]]
    ours.serve()
