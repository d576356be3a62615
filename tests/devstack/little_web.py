"""A web process small enough to start at once: answers 200 to everything at WEB_HOST:WEB_PORT."""

import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Answer(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"ready\n")

    def log_message(self, *_):
        pass


ThreadingHTTPServer((os.environ["WEB_HOST"], int(os.environ["WEB_PORT"])), Answer).serve_forever()
