"""A receiver of webhooks with nothing but Python 3.9 or newer: verifies every request, echoes the challenge, and does
its work once for each event.

    WEBHOOK_SECRET=whsec_… PORT=8080 python3 examples/webhook_receiver.py
"""

import base64
import hashlib
import hmac
import json
import os
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

TOLERANCE_SECONDS = 300
MAX_BODY = 1024 * 1024

# In life: a table with the ids of events you have had. Deliveries come at least once.
had = set()


class Refused(Exception):
    """What arrived is not, or not surely, from your gateway."""


def verify(body: bytes, headers, secret: str) -> dict:
    """The event of a request that is from your gateway, unchanged and lately (Standard Webhooks 1.0)."""
    event_id = headers.get("webhook-id")
    timestamp = headers.get("webhook-timestamp")
    signatures = headers.get("webhook-signature")
    if not (event_id and timestamp and signatures):
        raise Refused("a header is missing")
    if not timestamp.isdigit() or abs(time.time() - int(timestamp)) > TOLERANCE_SECONDS:
        raise Refused("webhook-timestamp lies too far off")
    key = base64.b64decode(secret[len("whsec_"):] if secret.startswith("whsec_") else secret)
    content = f"{event_id}.{timestamp}.".encode() + body
    expected = "v1," + base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()
    # During a rotation there are two: one of them is yours.
    if not any(hmac.compare_digest(one, expected) for one in signatures.split(" ")):
        raise Refused("no signature is by this secret")
    return json.loads(body)


def handle(event: dict) -> None:
    print(f"{event['id']}: {event['type']}", flush=True)


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        length = int(self.headers.get("content-length") or 0)
        if length > MAX_BODY:
            self.answer(413)
            return
        try:
            event = verify(self.rfile.read(length), self.headers, os.environ["WEBHOOK_SECRET"])
        except Refused as error:
            self.answer(400)
            print(f"refused: {error}", flush=True)
            return
        if event["type"] == "webhook.challenge":
            self.answer(200, json.dumps({"challenge": event["challenge"]}).encode())
            return
        # Answer at once, and do what takes long afterwards: more than 15 seconds count as a failure.
        self.answer(204)
        if event["id"] not in had:
            had.add(event["id"])
            handle(event)

    def answer(self, status: int, body: bytes = b"") -> None:
        self.send_response(status)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args) -> None:
        pass


if __name__ == "__main__":
    address = (os.environ.get("HOST", "127.0.0.1"), int(os.environ.get("PORT", "8080")))
    server = ThreadingHTTPServer(address, Receiver)
    print(f"listening on port {server.server_port}", flush=True)
    server.serve_forever()
