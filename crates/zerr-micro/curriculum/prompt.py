"""The prompts of every role in ChatML: the twin of what zerr-core renders in the newest version.

Only this file knows their text. `python prompt.py > prompts.json` (after generate.py) writes
requests of every role with the text each renders to, for a test of zerr-core to compare.
"""

import json

# Role -> newest version here.
VERSIONS = {
    "function": 3, "decompose": 1, "translate": 2, "examples": 1, "describe": 1, "repair": 2, "distinguish": 1,
}
STOP = "\n```"
NAMES = {"rust": "Rust", "python": "Python"}
TAIL = "Reply with one code block that holds only this function."

# How a function may be asked to be written; the direct way is asked for by saying nothing.
APPROACHES = {
    "iterator": {"rust": "chain iterators", "python": "use a comprehension or a generator"},
    "recursive": {"rust": "use recursion", "python": "use recursion"},
    "table": {"rust": "match or look it up", "python": "look it up in a table"},
    "test_first": {
        "rust": "begin with two calls and their results in comments", "python": "begin with two calls and their results in comments",
    },
}


def task(request):
    """What a function is to do: signature, description, contracts, examples, what it may call."""
    lines = [request["signature"], "", request["description"]]
    lines += [f"Requires: {text}" for text in request["requires"]]
    lines += [f"Ensures: {text}" for text in request["ensures"]]
    lines += [f"Example: {text}" for text in request["examples"]]
    lines += [f"You may call: {text}" for text in request["calls"]]
    lines += [f"Forbidden: {text}" for text in request["forbidden"]]
    return lines


def block(language, code):
    return [f"```{language}", *code.rstrip("\n").split("\n"), "```"]


def message(request):
    """The one user message for a request.

    Every request has `role` and `language`. Requests about a function to write have what `task`
    reads (`approach` may be None); the others have `code`, `source_language`, `finding` or `rival`.
    """
    language = request["language"]
    name = NAMES[language]
    match request["role"]:
        case "function":
            lines = [f"Write one {name} function.", "", *task(request)]
            if request["approach"]:
                lines.append(f"Approach: {APPROACHES[request['approach']][language]}")
            lines += ["", TAIL]
        case "decompose":
            lines = [f"Split one {name} function into smaller ones.", "", *task(request)]
            lines += ["", "Reply with one code block: for each part its signature, what it does and the parts it calls."]
        case "translate":
            other = request["source_language"]
            lines = [f"Write this {NAMES[other]} function in {name}.", "", *block(other, request["code"])]
            lines += ["", request["signature"], "", TAIL]
        case "examples":
            lines = [f"Write examples of one {name} function.", "", *task(request)]
            lines += ["", "Reply with one code block of calls and their results, one a line."]
        case "describe":
            lines = [f"Say what this {name} function does.", "", *block(language, request["code"])]
            lines += ["", "Reply with one sentence."]
        case "repair":
            lines = [f"Repair one {name} function.", "", *task(request), "", *block(language, request["code"])]
            lines += [f"Finding: {request['finding']}", "", TAIL]
        case "distinguish":
            lines = [f"Find a call on which these {name} functions differ.", "", request["signature"], ""]
            lines += [*block(language, request["code"]), *block(language, request["rival"])]
            lines += ["", "Reply with one code block that holds only this call."]
    return "\n".join(lines)


def head(request):
    """The function's first line, where a reply is one function: the model writes what follows."""
    if request["role"] not in ("function", "translate", "repair"):
        return ""
    return request["signature"] + (" {\n" if request["language"] == "rust" else "\n")


def prefill(request):
    """How the assistant's turn begins."""
    return "" if request["role"] == "describe" else f"```{request['language']}\n{head(request)}"


def written(request, reply):
    """What of a reply the model writes itself."""
    assert reply.startswith(head(request)), reply
    return reply[len(head(request)) :]


def stop(request):
    return "\n" if request["role"] == "describe" else STOP


def chat(request):
    """The whole text before the reply: the message in ChatML and the prefilled fence."""
    user = f"<|im_start|>user\n{message(request)}<|im_end|>\n"
    return f"{user}<|im_start|>assistant\n{prefill(request)}"


def ending(request):
    """What the model is taught to write after its reply."""
    return "<|im_end|>" if request["role"] == "describe" else STOP + "<|im_end|>"


# Texts that are in so many prompts that the tokenizer has one piece for each. None may begin
# inside of another one: trainer and llama.cpp would cut them differently.
UNITS = [
    *(f"Write one {name} function.\n\n" for name in NAMES.values()), *(f"Split one {name} function into smaller ones.\n\n" for name in NAMES.values()),
    *(f"Write examples of one {name} function.\n\n" for name in NAMES.values()), *(f"Say what this {name} function does.\n\n" for name in NAMES.values()),
    "Write this Rust function in Python.\n\n", "Write this Python function in Rust.\n\n", "Repair one Python function.\n\n",
    "Find a call on which these Python functions differ.\n\n",
    f"\n\n{TAIL}", "\n\nReply with one code block: for each part its signature, what it does and the parts it calls.",
    "\n\nReply with one code block of calls and their results, one a line.", "\n\nReply with one sentence.",
    "\n\nReply with one code block that holds only this call.",
    "\nRequires: ", "\nEnsures: ", "\nExample: ", "\nYou may call: ", "\nForbidden: ", "\nApproach: ", "\nFinding: ", "\nDoes: ", STOP,
    # Behind the others, so that the pieces of a model that was made before stay what they are.
    "Repair one Rust function.\n\n", "Find a call on which these Rust functions differ.\n\n",
]


# The same template as metadata of the GGUF, for whoever renders it by template.
CHAT_TEMPLATE = (
    "{% for message in messages %}{{'<|im_start|>' + message['role'] + '\n' + "
    "message['content'] + '<|im_end|>' + '\n'}}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)


def spec_of(drawn):
    """The request of a drawn function as a spec (JSON is YAML): what zerr-core renders again."""
    import curriculum
    import values

    entry, request, names = drawn["entry"], drawn["request"], drawn["names"]
    rust = request["language"] == "rust"
    kinds, gives = curriculum.kinds_of(entry), values.parse(entry["returns"])

    def example(case):
        args, out = case
        shown = {"args": [values.lower(a, k) for a, k in zip(args, kinds)]}
        if isinstance(out, values.Err):
            return shown | ({"returns": {"err": out.message}} if rust else {"raises": "ValueError"})
        low = values.lower(out, gives)
        return shown | {"returns": {"ok": low} if rust and gives[0] == "result" else low}

    def function(signature, **more):
        name = signature.split("(")[0].split(" ")[1]
        return {"name": name, "signature": signature.rstrip(":"), "description": "-"} | more

    called = [function(signature) for signature in request["calls"]]
    whole = function(
        request["signature"], description=request["description"], requires=request["requires"], ensures=request["ensures"],
        examples=[example(case) for case in drawn["chosen"]], depends_on=[other["name"] for other in called], forbid=request["forbidden"],
    )
    return {"name": "t", "language": request["language"], "functions": [*called, whole]}


def main():
    import random

    import curriculum
    import roles

    pairs = []
    entries = curriculum.trained()
    for role in VERSIONS:
        rng = random.Random(f"prompts {role}")
        while sum(pair["request"]["role"] == role for pair in pairs) < {"function": 160, "decompose": 64}.get(role, 16):
            drawn = roles.draw(role, entries, rng, "held", entry=rng.choice(entries) if role == "function" else None)
            if not drawn:
                continue
            request = drawn["request"]
            pair = {"id": drawn["id"], "request": request, "message": message(request), "prefill": prefill(request), "reply": written(request, drawn["reply"])}
            if "description" in request:
                pair["spec"] = spec_of(drawn)
            pairs.append(pair)
    # One pair a line, so that a change shows which.
    print("[\n" + ",\n".join(json.dumps(pair, ensure_ascii=False) for pair in pairs) + "\n]")


if __name__ == "__main__":
    main()
