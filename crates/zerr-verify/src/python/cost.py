"""Counts what calls of a Python function cost: events of the tracer, and processor time.

Started by zerr-verify as `python3 -c`, confined, with the job as JSON on standard input. Writes one
line `cost EVENTS NANOSECONDS` an input, or `cost stopped`, `cost late`.
"""
import json
import os
import signal
import sys
import time

job = json.load(sys.stdin)
out = os.fdopen(os.dup(1), "w")
os.dup2(os.open(os.devnull, os.O_WRONLY), 1)

library = {"__name__": "library"}
exec(job["library"], library)
decode = library["decode"]

space = {"__name__": "candidate"}
for text in job["texts"]:
    exec(compile(text, "<candidate>", "exec", dont_inherit=True), space)
function = space[job["function"]]


class Late(BaseException):
    pass


def late(number, frame):
    raise Late


signal.signal(signal.SIGALRM, late)


def events_of(arguments):
    count = 0

    def trace(frame, event, argument):
        nonlocal count
        count += 1
        if event == "call":
            frame.f_trace_opcodes = True
            frame.f_trace_lines = False
        return trace

    sys.settrace(trace)
    try:
        function(*arguments)
    finally:
        sys.settrace(None)
    return count


def nanoseconds_of(values):
    least = None
    for _ in range(7):
        arguments = [decode(value) for value in values]
        begin = time.process_time_ns()
        function(*arguments)
        taken = time.process_time_ns() - begin
        least = taken if least is None else min(least, taken)
        if taken > 50_000_000:
            break
    return least


for values in job["inputs"]:
    signal.setitimer(signal.ITIMER_REAL, job["call_ms"] / 1000)
    try:
        line = "cost %d %d" % (events_of([decode(value) for value in values]), nanoseconds_of(values))
    except Late:
        line = "cost late"
    except Exception:
        line = "cost stopped"
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
    out.write(line + "\n")
    out.flush()
    if line == "cost late":
        break
