"""What every answer tells browsers: run nothing, frame nothing, guess nothing, tell nobody."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

NOTHING = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
_ALWAYS = {
    "Content-Security-Policy": NOTHING,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_OVER_TLS = {"Strict-Transport-Security": "max-age=31536000"}


class SecurityHeaders:
    """ASGI middleware: adds the headers that an answer does not set itself."""

    def __init__(self, app: ASGIApp, base_url: str) -> None:
        """Wrap `app`; where clients call it over TLS, they are told to keep to that."""
        self.app = app
        added = _ALWAYS | (_OVER_TLS if base_url.startswith("https:") else {})
        self._added = [(k.lower().encode(), value.encode()) for k, value in added.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the call on, and add the headers to its answer."""

        async def adding(message: Message) -> None:
            if message["type"] == "http.response.start":
                sent = {name.lower() for name, _ in message["headers"]}
                added = [header for header in self._added if header[0] not in sent]
                message["headers"] = [*message["headers"], *added]
            await send(message)

        await self.app(scope, receive, adding)
