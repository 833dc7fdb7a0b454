"""A ticket office that speaks JSON over HTTP/1.1: `main.py PORT [--requests N]`.

The generated functions read requests, check orders and write the answers; here are the sockets,
the threads, the limits and the orders.
"""

import argparse
import socket
import sys
import threading
import time
from json import loads

import microservice as app

HEAD_MAX = 8_192
BODY_MAX = 16_384
TICKETS = 100
PATIENCE = 5.0  # seconds that one visitor may take in all
SINCE = time.monotonic()

free = threading.Semaphore(8)  # for as many visitors at once
lock = threading.Lock()
orders: list[dict] = []
counts = {"requests": 0, "errors": 0}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("port", type=int)
    parser.add_argument("--requests", type=int, default=sys.maxsize)
    args = parser.parse_args()
    try:
        listener = socket.create_server(("127.0.0.1", args.port))
    except (OSError, OverflowError) as error:
        sys.exit(f"error: {error}")
    print("http://{}:{}".format(*listener.getsockname()), flush=True)
    for _ in range(args.requests):
        free.acquire()
        connection, _ = listener.accept()
        threading.Thread(target=work, args=(connection,)).start()


def work(connection: socket.socket) -> None:
    try:
        with connection:
            answer(connection, time.monotonic() + PATIENCE)
    except (OSError, ValueError):
        pass  # The visitor is gone, or the time is over.
    finally:
        free.release()


def answer(connection: socket.socket, until: float) -> None:
    try:
        request = receive(connection, until)
        with lock:
            code, text = respond(*request)
    except (OSError, ValueError) as problem:
        code, text = 400, app.error_body(str(problem))
    with lock:
        counts["requests"] += 1
        counts["errors"] += code >= 400
    # All but the metrics is JSON.
    kind = "application/json" if text[0] in "{[" else "text/plain"
    response = app.response_head(code, kind, len(text.encode())) + text
    connection.settimeout(PATIENCE)
    connection.sendall(response.encode())
    connection.shutdown(socket.SHUT_WR)
    # To close while something still comes in would take the answer away from the visitor.
    while True:
        read(connection, until)


def read(connection: socket.socket, until: float) -> bytes:
    # An error when no time is left: less than zero is no time-out.
    connection.settimeout(until - time.monotonic())
    if not (data := connection.recv(4_096)):
        raise ValueError("the request breaks off")
    return data


def receive(connection: socket.socket, until: float) -> tuple[list[str], str]:
    """The lines of a request's head, and its body."""
    data = read(connection, until)
    while b"\r\n\r\n" not in data:
        if len(data) > HEAD_MAX:
            raise ValueError("the head is too large")
        data += read(connection, until)
    head, _, body = data.partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    length = app.content_length(lines)
    if length > BODY_MAX or app.find_header(lines, "transfer-encoding") is not None:
        raise ValueError("the body is too large, or of unknown length")
    while len(body) < length:
        body += read(connection, until)
    return lines, body[:length].decode()


def respond(lines: list[str], body: str) -> tuple[int, str]:
    """Status and body; raises ValueError with what is wrong with the request."""
    method, path = app.request_method(lines[0]), app.request_path(lines[0])
    left = TICKETS - sum(order["quantity"] for order in orders)
    number = app.path_id(path, "/orders/")
    order = next((order for order in orders if order["id"] == number), None)
    if not order and path not in ("/health", "/metrics", "/orders"):
        return 404, app.error_body("not found")
    allowed = "GET, POST" if order or path == "/orders" else "GET"
    if not method or not app.method_allowed(allowed, method):
        return 405, app.error_body(f"only {allowed}")
    if path == "/health":
        return 200, app.health_body(int(time.monotonic() - SINCE))
    if path == "/metrics":
        return 200, app.metrics_text({**counts, "tickets": left})
    if method == "POST" and not is_object(body):
        raise ValueError("the body is no JSON object")
    if order and method == "POST":
        event = given("event", app.json_text_field(body, "event"))
        order["status"] = app.next_status(order["status"], event)
    elif method == "POST":
        name = app.check_username(given("name", app.json_text_field(body, "name")))
        quantity = app.check_quantity(given("quantity", app.json_int_field(body, "quantity")), left)
        orders.append({"id": len(orders) + 1, "name": name, "quantity": quantity, "status": "new"})
        return 201, json(orders[-1])
    return 200, json(order) if order else app.json_array([json(order) for order in orders])


def is_object(body: str) -> bool:
    try:
        return isinstance(loads(body), dict)
    except ValueError:
        return False


def given(name, value):
    if value is None:
        raise ValueError(f"{name}: missing")
    return value


def json(order: dict[str, int | str]) -> str:
    quoted = lambda value: app.json_quote(value) if isinstance(value, str) else str(value)
    return app.json_object([(key, quoted(value)) for key, value in order.items()])


main()
