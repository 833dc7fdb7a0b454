"""The prompt of role `function`, version 1, in ChatML: the twin of what zerr-core renders.

Only this file knows the prompt's text. `python prompt.py > prompts.json` (after generate.py) writes
requests of every entry in both languages with the text each renders to, for a test to compare.
"""

import json

PROMPT_VERSION = 1
STOP = "\n```"


def message(request):
    """The one user message for a request.

    A request has `language` ("rust" | "python"), `signature`, `description` and the lists
    `requires`, `ensures`, `examples`, `calls`, `forbidden` of finished texts.
    """
    lines = [f"Write one {'Rust' if request['language'] == 'rust' else 'Python'} function."]
    lines += ["", request["signature"], "", request["description"]]
    lines += [f"Requires: {text}" for text in request["requires"]]
    lines += [f"Ensures: {text}" for text in request["ensures"]]
    lines += [f"Example: {text}" for text in request["examples"]]
    lines += [f"You may call: {text}" for text in request["calls"]]
    lines += [f"Forbidden: {text}" for text in request["forbidden"]]
    lines += ["", "Reply with one code block that holds only this function."]
    return "\n".join(lines)


def chat(request):
    """The whole text before the reply: the message in ChatML and the prefilled fence."""
    user = f"<|im_start|>user\n{message(request)}<|im_end|>\n"
    return f"{user}<|im_start|>assistant\n```{request['language']}\n"


# The same template as metadata of the GGUF, for whoever renders it by template.
CHAT_TEMPLATE = (
    "{% for message in messages %}{{'<|im_start|>' + message['role'] + '\n' + "
    "message['content'] + '<|im_end|>' + '\n'}}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)


def main():
    import random

    import curriculum

    pairs = []
    for entry in curriculum.load():
        for language in ("rust", "python"):
            rng = random.Random(f"{entry['id']} {language}")
            request = curriculum.draw(entry, language, rng, split="held", cases=entry["cases"])["request"]
            pairs.append({"id": entry["id"], "request": request, "message": message(request), "chat": chat(request)})
    print(json.dumps(pairs, indent=0))


if __name__ == "__main__":
    main()
