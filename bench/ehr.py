"""A FHIR server for the benchmark: answers at once, or, below /silent, never.

usage: python -m bench.ehr PORT OBSERVATIONS
"""

import asyncio
import json
import sys

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bench.hook_call import call_with
from service.filling import filled
from service.hooks import PREFETCH


def held(observations: int) -> dict[str, bytes]:
    """Give what the server has, by the reads and searches of our templates."""
    call = json.loads(call_with(observations))
    return {
        f"/fhir/{filled(template, call['context'])}": json.dumps(
            call["prefetch"].get(key) or {"resourceType": "Bundle", "type": "searchset"},
            ensure_ascii=False,
        ).encode()
        for key, template in PREFETCH.items()
    }


def serve() -> None:
    """Serve until told to stop."""
    port, observations = map(int, sys.argv[1:])
    answers = held(observations)

    async def answer(request: Request) -> Response:
        url = f"{request.url.path}?{request.url.query}".rstrip("?")
        return Response(answers[url], media_type="application/fhir+json")

    async def never(_request: Request) -> Response:
        await asyncio.Event().wait()
        raise AssertionError

    app = Starlette(
        routes=[Route("/fhir/{rest:path}", answer), Route("/silent/{rest:path}", never)]
    )
    uvicorn.run(app, port=port, access_log=False, log_level="critical", timeout_graceful_shutdown=0)


if __name__ == "__main__":
    serve()
