"""Everything that can go wrong with a call, and what each becomes over HTTP.

    Exception
    ├── Refusal                  an answer that is not 200: status, code, diagnostics, expression
    │   ├── BadRequest           400  the call breaks CDS Hooks or FHIR
    │   ├── Unauthorized         401  no token, or not one that we accept; the answer says no more
    │   ├── ServiceNotGranted    403  the client may not use this service
    │   ├── NotFound             404  no such route, service or page
    │   ├── WrongMethod          405  the route exists, for another method
    │   ├── DataUnavailable      412  needed data were not sent and cannot be fetched
    │   ├── TooLarge             413  more bytes or more resources than this service reads
    │   ├── WrongMediaType       415  the body is not application/json
    │   ├── TooManyCalls         429  the client calls more often than was agreed
    │   ├── HeadersTooLarge      431  more bytes of headers than this service reads
    │   ├── OurFault             500  an error of ours
    │   └── NotReady             503  what the call cannot do without does not answer
    └── StartRefused                  the configuration makes no sense; nothing is served

A refusal never repeats a value of the body: its diagnostics name the member, its expression says
where the member stands. `code` is stable, so that programs may rely on it.
"""

from typing import ClassVar

import msgspec

MEDIA_TYPE = "application/fhir+json"


class StartRefused(Exception):
    """The configuration makes no sense; the message is a full sentence for the operator."""


class Refusal(Exception):
    """An answer other than 200: a status, a stable code and a sentence without patient data."""

    status: ClassVar[int] = 500
    issue: ClassVar[str] = "exception"  # FHIR issue-type
    default_code: ClassVar[str] = "internal"

    def __init__(
        self, diagnostics: str, *, code: str | None = None, expression: str | None = None
    ) -> None:
        """Say what is wrong (`diagnostics`), which kind it is and where in the call."""
        super().__init__(diagnostics)
        self.diagnostics = diagnostics
        self.code = code or self.default_code
        self.expression = expression
        self.headers: dict[str, str] = {}
        self.others: tuple[Refusal, ...] = ()
        """What else is wrong with the call, where several faults are named at once."""


class BadRequest(Refusal):
    """400: the call breaks CDS Hooks or FHIR."""

    status = 400
    issue = "invalid"
    default_code = "bad-request"


class Unauthorized(Refusal):
    """401: no token that we accept; `code` is the reason, for the log and never for the answer."""

    status = 401
    issue = "login"
    default_code = "unauthorized"

    def __init__(
        self,
        diagnostics: str = "A token that this service accepts is needed.",
        *,
        code: str | None = None,
        expression: str | None = None,
    ) -> None:
        """Say why, in a stable `code`."""
        super().__init__(diagnostics, code=code, expression=expression)
        self.headers["WWW-Authenticate"] = "Bearer"


class ServiceNotGranted(Refusal):
    """403: the configuration of the client does not name this service."""

    status = 403
    issue = "forbidden"
    default_code = "service-not-granted"


class NotFound(Refusal):
    """404: no such route, service or page."""

    status = 404
    issue = "not-found"
    default_code = "not-found"


class WrongMethod(Refusal):
    """405: the route exists, for another method."""

    status = 405
    issue = "not-supported"
    default_code = "wrong-method"


class DataUnavailable(Refusal):
    """412: data that the answer needs were not sent and cannot be fetched."""

    status = 412
    issue = "incomplete"
    default_code = "data-unavailable"


class TooLarge(Refusal):
    """413: more bytes or more resources than this service reads in one call."""

    status = 413
    issue = "too-long"
    default_code = "too-large"


class WrongMediaType(Refusal):
    """415: the body is not application/json."""

    status = 415
    issue = "not-supported"
    default_code = "wrong-media-type"


class TooManyCalls(Refusal):
    """429: the client calls more often than was agreed."""

    status = 429
    issue = "throttled"
    default_code = "too-many-calls"


class HeadersTooLarge(Refusal):
    """431: more bytes of headers than this service reads."""

    status = 431
    issue = "too-long"
    default_code = "headers-too-large"


class OurFault(Refusal):
    """500: an error of ours; the sentence never says more than that."""


class NotReady(Refusal):
    """503: what the call cannot do without does not answer; trying again later may help."""

    status = 503
    issue = "transient"
    default_code = "not-ready"

    def __init__(
        self, diagnostics: str, *, code: str | None = None, expression: str | None = None
    ) -> None:
        """Say what is wanting."""
        super().__init__(diagnostics, code=code, expression=expression)
        self.headers["Retry-After"] = "5"


class _Coding(msgspec.Struct, frozen=True):
    system: str
    code: str


class _Details(msgspec.Struct, frozen=True):
    coding: tuple[_Coding, ...]


class _Issue(msgspec.Struct, frozen=True, omit_defaults=True):
    severity: str
    code: str
    details: _Details
    diagnostics: str
    expression: tuple[str, ...] = ()


class _OperationOutcome(msgspec.Struct, frozen=True):
    resourceType: str  # noqa: N815 - FHIR's spelling
    issue: tuple[_Issue, ...]


def operation_outcome(refusal: Refusal, canonical: str) -> bytes:
    """Give the FHIR OperationOutcome that is sent with a refusal: an issue for each fault."""
    issues = tuple(_issue(each, canonical) for each in (refusal, *refusal.others))
    return msgspec.json.encode(_OperationOutcome("OperationOutcome", issues))


def _issue(refusal: Refusal, canonical: str) -> _Issue:
    return _Issue(
        severity="error",
        code=refusal.issue,
        details=_Details((_Coding(f"{canonical}/CodeSystem/error", refusal.code),)),
        diagnostics=refusal.diagnostics,
        expression=(refusal.expression,) if refusal.expression else (),
    )
