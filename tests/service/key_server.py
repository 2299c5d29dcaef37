"""A client's key server: a real one on a free port, that can be down, slow, huge or changed."""

import threading
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class KeyServer:
    """Serves `content` at `url`; what it does otherwise is set while it runs."""

    def __init__(self, tls=None):
        self.content = b'{"keys": []}'
        self.status = 200
        self.headers = {}
        self.fetches = 0
        self.trickle = None  # an Event: bytes come one by one until it is set
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                server.fetches += 1
                self.send_response(server.status)
                for name, value in server.headers.items():
                    self.send_header(name, value)
                self.end_headers()
                with suppress(OSError):  # where the service hangs up, as it should
                    server.give(self.wfile)

            def log_message(self, *_):
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        if tls is not None:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        scheme = "http" if tls is None else "https"
        self.url = f"{scheme}://127.0.0.1:{self._server.server_port}/jwks"
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def give(self, stream):
        """Send the content as the server is set to."""
        if self.trickle is None:
            stream.write(self.content)
            return
        while not self.trickle.wait(0.05):
            stream.write(b" ")
            stream.flush()

    def stop(self):
        """Serve no more."""
        if self.trickle is not None:
            self.trickle.set()
        self._server.shutdown()
        self._server.server_close()
