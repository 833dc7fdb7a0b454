"""A guest book on HTTP/1.1: `main.py PORT [--requests N]`.

The generated functions read requests, check what was entered and write the pages; here are the
sockets, the threads, the limits and the entries.
"""

import argparse
import collections
import socket
import sys
import threading
import time

import web_app as app

HEAD_MAX = 8_192
BODY_MAX = 16_384
PATIENCE = 5.0  # seconds that one visitor may take in all

free = threading.Semaphore(8)  # for as many visitors at once
entries: collections.deque[str] = collections.deque(maxlen=100)


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
        response = respond(*receive(connection, until))
    except (OSError, ValueError) as problem:
        response = page(400, app.html_list([str(problem)]))
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


def respond(lines: list[str], body: str) -> str:
    """The response; raises ValueError with what is wrong with the request."""
    method, target = app.request_method(lines[0]), app.request_path(lines[0])
    path, query = app.path_only(target), app.query_of(target)
    allowed = {"/": "GET", "/sign": "GET, POST"}.get(path)
    if allowed is None:
        return page(404, "There is no such page.")
    if not method or not app.method_allowed(allowed, method):
        return page(405, f"This page takes {allowed}.")
    if path == "/":
        is_search = app.query_param(query, "q") is not None
        part = app.form_value(query, "q") if is_search else ""
        search = f"<form>{app.html_input('q', part)}<button>Search</button></form>"
        found = app.html_list([entry for entry in entries.copy() if part in entry])
        return page(200, f"<a href=/sign>Sign it</a>{search}{found}")
    name, name_problem = field(body, "name", 40)
    message, message_problem = field(body, "message", 400)
    problems = [problem for problem in (name_problem, message_problem) if problem]
    if method == "POST" and not problems:
        entries.appendleft(f"{name}: {message}")
        return app.redirect_head("/")
    parts = app.html_input("name", name), app.html_input("message", message)
    form = "<form method=post><p>Name {}<p>Message {}<p><button>Sign</button></form>".format(*parts)
    return page(400, app.html_list(problems) + form) if method == "POST" else page(200, form)


def field(body: str, name: str, limit: int) -> tuple[str, str]:
    """What was entered in a field, and what is wrong with it."""
    text = ""
    try:
        text = app.form_value(body, name)
        return app.check_max_length(app.require_text(text), limit), ""
    except ValueError as problem:
        return text, f"{name}: {problem}"


def page(code: int, content: str) -> str:
    html = app.html_page("Guest book", f"<h1>Guest book</h1>{content}")
    return app.response_head(code, "text/html; charset=utf-8", len(html.encode())) + html


main()
